"""The command set, and the effective settings that `sources -v` shows."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping
from typing import Any

import click

from indexer.cli.context import CommandContext, pass_context
from indexer.cli.options import SOURCE, WAIT, command
from indexer.config import source_places
from indexer.config.source_keys import SOURCE_KEYS, parsed, setting_text
from indexer.errors import SettingsError
from indexer.masking import mask_secrets
from indexer.model import Source
from indexer.phrases import shell_word

RE_EXTRACTING = frozenset({"include", "exclude", "keep", "language", "category"})


@command("Change the settings of a source", "set")
@SOURCE
@click.argument("settings", nargs=-1, required=True, metavar="KEY=VALUE…")
@WAIT
@pass_context
def set_(ctx: CommandContext, source: str, settings: tuple[str, ...], wait: float) -> None:
    """Change settings of SOURCE (a name or an address) without editing config.toml.

    \b
    Keys:
      name, language, category   what readers see and filter by
      include, exclude, keep     CSS selectors of the main text
      pdf                        true: index the PDF files that the pages link
      office                     true: index the docx, odt and pptx files that the pages link
      every                      "auto", or a fixed interval such as 30m, 6h, 1d

    An empty value resets a key: indexer set "Example news" include=
    """
    fields = _parsed(settings)
    with ctx.writing(wait, "set"):
        state = ctx.source(source)
        refuse_configured(ctx, state.source, remedy="change it there")
        changed = dataclasses.replace(state.source, **fields)
        _refuse_taken_name(ctx, changed)
        ctx.archive.sources.add(changed)
        if changed.every_seconds and changed.every_seconds != state.source.every_seconds:
            ctx.archive.sources.make_due_within(state.id, changed.every_seconds)
    keys = [setting.partition("=")[0] for setting in settings]
    for key in keys:
        ctx.result(f"{changed.name or changed.url}: {key} = {setting_text(changed, key) or '(not set)'}")
    if RE_EXTRACTING & set(keys):
        ctx.result(f"The stored pages are extracted again by the next crawl. Now: indexer crawl {shell_word(changed.url)}")
    ctx.json({"url": changed.url, "settings": {key: setting_text(changed, key) for key in keys}})


def _parsed(settings: tuple[str, ...]) -> dict[str, Any]:
    fields: dict[str, Any] = {}
    for setting in settings:
        name, equals, value = setting.partition("=")
        if not equals:
            raise SettingsError(f"{setting!r} is not a setting", remedy='example: include="article .body"')
        if name in SOURCE_KEYS and not SOURCE_KEYS[name].may_change:
            raise SettingsError(f"{name} cannot be changed", remedy="remove the source and add it again")
        fields |= parsed(name, value, "set")
    return fields


def refuse_configured(ctx: CommandContext, source: Source, *, remedy: str) -> None:
    """Raise SettingsError if config.toml defines a source: only a person may change that file."""
    places = source_places(ctx.settings).get(source.url)
    if places is not None:
        raise SettingsError(f"{mask_secrets(source.url)} is defined in {places['']}", remedy=remedy)


def _refuse_taken_name(ctx: CommandContext, source: Source) -> None:
    namesake = ctx.archive.sources.find(source.name) if source.name else None
    if namesake is not None and namesake.source.url != source.url:
        raise SettingsError(f"there is already a source named {source.name!r}", remedy="choose another name")


def setting_rows(source: Source, places: Mapping[str, str] | None) -> dict[str, dict[str, str]]:
    """Return the effective settings of a source: key -> value, and where it is defined.

    `places` is what `source_places` returns for the source, or None if it is not in config.toml.
    """
    rows = {}
    for name in SOURCE_KEYS:
        value = setting_text(source, name)
        if places is not None:
            defined = places.get(name, "default")
        else:
            defined = "default" if value in ("", "false", "auto") else "indexer add or set"
        rows[name] = {"value": value or ("auto" if name == "every" else ""), "defined": defined}
    return rows


def setting_lines(rows: Mapping[str, Mapping[str, str]]) -> Iterator[str]:
    """Yield the effective settings as text, one line each."""
    for name, row in rows.items():
        if name != "url":
            yield f"    {name:9} {row['value'] or '-':30} {row['defined']}"
