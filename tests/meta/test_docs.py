"""The documentation can break the build: every command, setting and HTTP path stands in the README."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import click
import pytest

from indexer.cli import COMMANDS, cli
from indexer.config.keys import KEYS, SOURCE_KEYS

ROOT = Path(__file__).resolve().parents[2]
README = (ROOT / "README.md").read_text("utf-8")
ARCHITECTURE = (ROOT / "ARCHITECTURE.md").read_text("utf-8")
PATHS = (
    "/api/v1/search", "/api/v1/suggest", "/api/v1/similar", "/api/v1/status", "/api/v1/opened", "/api/openapi.json", "/search.rss",
    "/opensearch.xml", "/widget.js", "/healthz", "/readyz", "/metrics", "/status",
)  # fmt: skip


@pytest.mark.parametrize("command", sorted(COMMANDS))
def test_every_command_is_documented_and_has_a_help_text(command: str) -> None:
    assert f"`{command}" in README or f"indexer {command}" in README
    found = cli.get_command(None, command)
    assert found is not None
    assert found.help
    assert 10 < len(found.short_help or "") < 45, "`indexer --help` shows it in full on one line"
    for option in found.params:
        assert option.param_type_name == "argument" or option.opts


def written_commands() -> list[str]:
    """Every call of `indexer` that the README shows, without what stands for something else."""
    found = re.findall(r"`indexer ([^`]+)`", README) + re.findall(r"^ {4}indexer (.*?)(?: {3,}#.*)?$", README, re.M)
    return sorted({each for each in found if not re.search(r"[A-Z\[]{4,}|…|;", each)})


@pytest.mark.parametrize("line", written_commands())
def test_every_command_of_the_readme_can_be_typed(line: str) -> None:
    words = shlex.split(line.partition(">")[0])
    group = cli.make_context("indexer", words)
    name, command, rest = cli.resolve_command(group, [*group._protected_args, *group.args])
    assert command is not None
    if rest or not any(isinstance(p, click.Argument) and p.required for p in command.params):
        command.make_context(name, rest, parent=group)


@pytest.mark.parametrize("key", KEYS, ids=lambda key: f"{key.section}.{key.name}")
def test_every_setting_is_documented(key) -> None:
    assert f"`{key.name}`" in README or f"{key.name} =" in README


def test_every_key_of_a_source_is_documented() -> None:
    assert not [name for name in SOURCE_KEYS if f"`{name}`" not in README and f"{name} =" not in README]


@pytest.mark.parametrize("path", PATHS)
def test_every_path_is_documented(path: str) -> None:
    assert path in README


def test_the_two_commands_stand_in_the_readme() -> None:
    assert "make demo" in README
    assert "make test" in README
    assert "make test" in (ROOT / ".ci" / "run").read_text()


def test_every_folder_is_explained() -> None:
    rooms = [p.name for p in (ROOT / "indexer").iterdir() if p.is_dir() and (p / "__init__.py").exists()]
    assert not [room for room in rooms if f"{room}" not in ARCHITECTURE]


def test_no_link_in_the_readme_leads_nowhere() -> None:
    links = re.findall(r"\]\((?!https?:|#)([^)#]+)", README)
    assert links
    assert not [link for link in links if not (ROOT / link).exists()]


SAID = re.compile(
    r"indexer [a-z]+ [^\"]*?\{(?!command\}|facts\.name\}|shell_word\(|source_argument\(|shlex\.quote\(|old\}|new\})"
)


@pytest.mark.parametrize("module", sorted((ROOT / "indexer").rglob("*.py")), ids=lambda path: path.name)
def test_what_is_put_into_a_command_that_we_propose_is_quoted_for_a_shell(module: Path) -> None:
    """It comes from the web: an address may hold "&", or `$(…)`."""
    strings = re.findall(r'f"(?:[^"\\]|\\.)*"', module.read_text("utf-8"))
    assert [said for said in strings if SAID.search(said)] == []
