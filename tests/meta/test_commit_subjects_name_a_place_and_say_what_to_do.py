"""Subjects of commits: `place: imperative clause`, at most 72 characters. Older commits, before this rule, are not checked."""

from __future__ import annotations

import re
import subprocess

import pytest

from support.sources import ROOT

FIRST = "370def1"  # the last commit that is not checked
MAX_CHARACTERS = 72
SUBJECT = re.compile(r"[a-z][\w./, -]*: (?P<verb>[\w-]+)\b(.*[^.\s])?")
NOT_IMPERATIVE = re.compile(r"(?!feed|need|embed|exceed|seed|shed|speed|bring|string|ping)\w+(?:ed|ing)", re.I)


def problem_of(subject: str) -> str:
    """Return what is wrong with a subject, or an empty text."""
    if len(subject) > MAX_CHARACTERS:
        return f"{len(subject)} characters"
    found = SUBJECT.fullmatch(subject)
    if not found:
        return "not of the form `place: imperative clause`"
    return "not an imperative" if NOT_IMPERATIVE.fullmatch(found["verb"]) else ""


def test_the_commits_keep_to_the_form() -> None:
    command = ["git", "log", "--no-merges", "--format=%s", f"{FIRST}..HEAD"]
    log = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    if log.returncode:
        pytest.skip("this is not a checkout with the project's history")
    assert {subject: problem for subject in log.stdout.splitlines() if (problem := problem_of(subject))} == {}


@pytest.mark.parametrize(
    ("subject", "problem"),
    [
        ("archive: report a full disk as ArchiveFull, not as corruption", ""),
        ("crawl, dedup: remove duplicate functions", ""),
        ("archive: reported a full disk", "not an imperative"),
        ("Remove duplicates", "not of the form `place: imperative clause`"),
        ("archive: report it.", "not of the form `place: imperative clause`"),
        ("a: " + "b" * 70, "73 characters"),
    ],
)
def test_what_is_wrong_with_a_subject(subject: str, problem: str) -> None:
    assert problem_of(subject) == problem
