"""The documentation can break the build: README or docs/ name every command, setting and HTTP path."""

from __future__ import annotations

import importlib
import re
import shlex
from pathlib import Path

import click
import pytest

from indexer.cli.app import FEED_SEARCH_COMMANDS, feed_search_group
from indexer.config.key_table import KEYS
from indexer.config.source_keys import SOURCE_KEYS

ROOT = Path(__file__).resolve().parents[2]
README = (ROOT / "README.md").read_text("utf-8")
PAGES = {path: path.read_text("utf-8") for path in (ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md")))}
DOCS = "\n".join(PAGES.values())
ARCHITECTURE = (ROOT / "ARCHITECTURE.md").read_text("utf-8")
PATHS = (
    "/api/v1/search", "/api/v1/suggest", "/api/v1/similar", "/api/v1/status", "/api/v1/opened", "/api/openapi.json", "/search.rss",
    "/opensearch.xml", "/widget.js", "/healthz", "/readyz", "/metrics", "/status", "/robots.txt", "/changes.json", "/llms.txt",
)  # fmt: skip


@pytest.mark.parametrize("command", sorted(FEED_SEARCH_COMMANDS))
def test_every_command_is_documented_and_has_a_help_text(command: str) -> None:
    assert f"indexer {command}" in DOCS or f"feed-search {command}" in DOCS
    found = feed_search_group().get_command(None, command)
    assert found is not None
    assert found.help
    assert 10 < len(found.short_help or "") < 45, "`indexer --help` shows it in full on one line"
    for option in found.params:
        assert option.param_type_name == "argument" or option.opts


def written_commands() -> list[str]:
    """Return every call of `indexer` that the documentation shows, except those with placeholders."""
    lines = re.findall(r"`(?:indexer|feed-search) ([^`]+)`", DOCS)
    lines += re.findall(r"^ {4}(?:indexer|feed-search) (.*?)(?: {3,}#.*)?$", DOCS, re.M)
    return sorted({line for line in lines if not re.search(r"\b(?:[A-Z]{4,}|URL|DIR|N)\b|\[|…|;", line)})


@pytest.mark.parametrize("line", written_commands())
def test_every_command_in_the_documentation_can_be_typed(line: str) -> None:
    words = shlex.split(line.partition(">")[0])
    program = feed_search_group()
    group = program.make_context("feed-search", words)
    name, command, rest = program.resolve_command(group, [*group._protected_args, *group.args])
    assert command is not None
    if rest or not any(isinstance(p, click.Argument) and p.required for p in command.params):
        command.make_context(name, rest, parent=group)


@pytest.mark.parametrize("key", KEYS, ids=lambda key: f"{key.section}.{key.name}")
def test_every_setting_is_documented(key) -> None:
    assert f"`{key.name}`" in DOCS


def test_the_reference_says_when_a_changed_setting_takes_effect() -> None:
    """A row names sections, and single keys that differ from their section."""
    page = (ROOT / "docs" / "reference" / "configuration.md").read_text("utf-8")
    rows = re.findall(r"^\| (at once|next crawl|restart|reindex)\b.*\| (.*) \|$", page, re.M)
    effects = {name: effect for effect, cell in rows for name in re.findall(r"`([^`]+)`", cell)}
    documented = {key: effects.get(key.name, effects.get(f"[{key.section}]")) for key in KEYS}
    assert documented == {key: key.takes_effect for key in KEYS}


def test_every_key_of_a_source_is_documented() -> None:
    assert not [name for name in SOURCE_KEYS if f"`{name}`" not in DOCS]


@pytest.mark.parametrize("path", PATHS)
def test_every_path_is_documented(path: str) -> None:
    assert path in DOCS


def test_the_two_commands_stand_in_the_readme() -> None:
    assert "make demo" in README
    assert "make test" in README
    assert "make test" in (ROOT / ".ci" / "run").read_text()


def test_every_folder_is_explained() -> None:
    rooms = [p.name for p in (ROOT / "indexer").iterdir() if p.is_dir() and (p / "__init__.py").exists()]
    assert not [room for room in rooms if f"{room}" not in ARCHITECTURE]


def test_no_link_in_the_documentation_is_dead() -> None:
    links = [(page, link) for page, text in PAGES.items() for link in re.findall(r"\]\((?!https?:|#)([^)#]+)", text)]
    assert links
    assert not [(page, link) for page, link in links if not (page.parent / link).exists()]


def test_the_readme_is_short() -> None:
    assert len(README.splitlines()) <= 120


SAID = re.compile(
    r"indexer [a-z]+ [^\"]*?\{(?!command\}|facts\.name\}|shell_word\(|source_argument\(|shlex\.quote\(|old\}|new\})"
)


@pytest.mark.parametrize("module", sorted((ROOT / "indexer").rglob("*.py")), ids=lambda path: path.name)
def test_what_is_put_into_a_command_that_we_propose_is_quoted_for_a_shell(module: Path) -> None:
    """It comes from the web: an address may hold "&", or `$(…)`."""
    strings = re.findall(r'f"(?:[^"\\]|\\.)*"', module.read_text("utf-8"))
    assert [said for said in strings if SAID.search(said)] == []


def test_every_name_in_the_list_of_seams_exists() -> None:
    seams = PAGES[ROOT / "docs" / "seams.md"]
    names = {name for name in re.findall(r"`((?:[a-z_]+\.)+[A-Za-z_]+)(?:\(.*?\))?`", seams) if not name.endswith(".py")}
    assert len(names) > 30
    missing = []
    for name in sorted(names):
        module, _, attribute = name.rpartition(".")
        try:
            getattr(importlib.import_module(f"indexer.{module}"), attribute)
        except (ImportError, AttributeError):
            missing.append(name)
    assert not missing, "docs/seams.md names what does not exist"


def test_every_path_in_the_architecture_exists() -> None:
    paths = set(re.findall(r"`((?:indexer/|webui/|docs/|tests/)?[a-z_/]+(?:/|\.py))`", ARCHITECTURE))
    known = [
        f"/{path.relative_to(ROOT)}{'/' * path.is_dir()}" for top in ("indexer", "webui") for path in (ROOT / top).rglob("*")
    ]
    known += ["/indexer/", "/webui/"]
    assert len(paths) > 40
    assert not [path for path in sorted(paths) if not any(name.endswith(f"/{path}") for name in known)]
