"""The commands on the bundled sample site, as a user calls them: results, messages, exit codes."""

from __future__ import annotations

import json
import os
import shlex
import shutil
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from indexer.archive.query_log import LoggedClick, LoggedSearch, QueryLog
from indexer.cli import COMMANDS
from indexer.config import load_settings, open_archive
from indexer.fetch.politeness import HostState
from support.json_output import check_output

SAMPLE = Path(__file__).resolve().parents[2] / "index_data" / "sample"
MANIFEST = json.loads((SAMPLE / "manifest.json").read_text("utf-8"))


@dataclass
class Command:
    """The `indexer` command on one data folder."""

    data: Path
    extra: dict[str, str] = field(default_factory=dict)

    def __call__(self, *arguments: str, expect: int | tuple[int, ...] = 0) -> subprocess.CompletedProcess[str]:
        env = {k: v for k, v in os.environ.items() if not k.startswith("INDEXER_")}
        env |= {"INDEXER_CRAWL_ALLOW_PRIVATE_HOSTS": "true", "INDEXER_CRAWL_DELAY_SECONDS": "0", **self.extra}
        line = [sys.executable, "-m", "indexer", "--data", str(self.data), *arguments]
        done = subprocess.run(line, env=env, capture_output=True, text=True, timeout=120, check=False)
        expected = (expect,) if isinstance(expect, int) else expect
        assert done.returncode in expected, (arguments, done.returncode, done.stdout[-800:], done.stderr[-2000:])
        assert "Traceback" not in done.stderr
        return done

    def json(self, *arguments: str, expect: int | tuple[int, ...] = 0) -> dict:
        return json.loads(self("--json", *arguments, expect=expect).stdout)

    def total(self, query: str, *options: str) -> int:
        return self.json("search", *options, "--", query, expect=(0, 4))["total"]


@pytest.fixture(scope="module")
def site() -> Iterator[str]:
    line = [sys.executable, str(SAMPLE / "serve.py"), "--port", "0"]
    process = subprocess.Popen(line, stdout=subprocess.PIPE, text=True)
    assert process.stdout
    yield process.stdout.readline().strip().rstrip("/")
    process.terminate()
    process.wait(120)


@pytest.fixture(scope="module")
def indexer(tmp_path_factory: pytest.TempPathFactory, site: str) -> Command:
    command = Command(tmp_path_factory.mktemp("sample") / "data")
    command("init")
    command("add", f"{site}/rss.xml", f"{site}/atom.xml")
    command("crawl", expect=1)  # one page is gone
    return command


def test_queries_says_what_nobody_opened_where_it_could_have_been(indexer: Command) -> None:
    indexer("search", "harbour wall")
    log = QueryLog(indexer.data / "archive.db")
    now = datetime(2026, 5, 1, tzinfo=UTC)
    log.write(
        [
            LoggedSearch("page", query, total, now, client)
            for client in "ab"
            for query, total in (("ferry", 3), ("oysters", 2), ("qwertz", 0))
        ],
        5,
    )
    log.write([LoggedClick("oysters")], 5)
    log.close()
    said = indexer("queries", "--limit", "100").stdout
    assert "ferry  never opened\n" in said
    assert "qwertz  no results\n" in said
    assert "oysters\n" in said
    assert "harbour wall\n" in said
    rows = {row["query"]: row["opened"] for row in indexer.json("queries")["queries"]}
    assert rows["oysters"] == 1


def test_every_item_is_a_document_and_the_gone_page_is_named(indexer: Command) -> None:
    status = indexer.json("status")
    assert status["documents"] == len(MANIFEST["items"])
    assert status["pending"] == 0
    assert MANIFEST["gone"] in indexer("crawl", "--all", expect=1).stderr


def test_what_stands_only_on_the_pages_is_found(indexer: Command) -> None:
    missing = [one for one in MANIFEST["page_only"] if indexer.total(f'"{one["phrase"]}"') != 1]
    assert not missing


def test_menu_and_footer_are_not_found(indexer: Command) -> None:
    assert not [word for word in MANIFEST["boilerplate"] if indexer.total(word)]


def test_reindex_changes_no_result(indexer: Command) -> None:
    before = indexer.json("search", "harbour")
    indexer("reindex")
    after = indexer.json("search", "harbour")
    assert [h["id"] for h in before["hits"]] == [h["id"] for h in after["hits"]]
    indexer("reindex", "--re-extract")
    assert [h["id"] for h in indexer.json("search", "harbour")["hits"]] == [h["id"] for h in after["hits"]]
    indexer("check")


def test_messages_say_what_to_do(indexer: Command, tmp_path: Path) -> None:
    empty = Command(tmp_path / "empty")
    assert str(tmp_path / "empty") in empty("search", "a", expect=4).stderr
    assert str(tmp_path / "empty") in empty("crawl", expect=4).stderr
    assert "indexer sources" in indexer("crawl", "nosuchsource", expect=4).stderr
    assert "1000000" in indexer("queries", "--limit", "99999999999999999999", expect=2).stderr
    (tmp_path / "deep.json").write_text("[" * 100_000)
    assert "not a file of judged queries" in indexer("evaluate", str(tmp_path / "deep.json"), expect=2).stderr
    assert "control character" in empty("add", "https://example.org", "--name", "a\x01b", expect=2).stderr
    assert "There is no page 99999: " in indexer("search", "ferry", "--page", "99999", expect=4).stdout
    assert "config.toml" in indexer("init", expect=2).stderr
    assert "two letters" in empty("add", "https://example.org", "--language", "german", expect=2).stderr
    assert "no file" in empty("add", "/nowhere/feeds.opml", expect=2).stderr
    (tmp_path / "file").touch()
    assert "--data" in Command(tmp_path / "file")("status", expect=2).stderr
    assert "indexer search -- harbour" in " ".join(indexer("search", "--help").stdout.split())
    assert "YYYY" in indexer("search", "a", "--from", "yesterday", expect=2).stderr
    assert (
        "allow_private_hosts"
        in Command(tmp_path / "private", {"INDEXER_CRAWL_ALLOW_PRIVATE_HOSTS": "false"})(
            "add", "http://127.0.0.1:9/rss.xml", expect=1
        ).stderr
    )


def test_an_index_of_another_version_is_told_once_and_made_anew_by_the_next_crawl(indexer: Command, tmp_path: Path) -> None:
    lines = tmp_path / "documents.jsonl"
    lines.write_text(indexer("export").stdout, "utf-8")
    other = Command(tmp_path / "other")
    other("import", str(lines))
    pointer = tmp_path / "other" / "index" / "CURRENT"
    pointer.write_text(json.dumps(json.loads(pointer.read_text("utf-8")) | {"schema": 1}), "utf-8")
    assert "another version" in other("search", "harbour", expect=3).stderr
    said = " ".join(other("status").stdout.split())
    assert said.count("another version") == 1
    assert "the next crawl rebuilds it" in said
    other("crawl", expect=1)  # the export brought the sources along, one page of which is gone
    assert other.total("harbour") == indexer.total("harbour")
    assert "Failures" not in other("status").stdout


def test_check_says_what_only_a_backup_has_and_what_the_web_has(indexer: Command, tmp_path: Path) -> None:
    copy = Command(tmp_path / "copy")
    shutil.copytree(indexer.data, copy.data)
    with closing(sqlite3.connect(copy.data / "archive.db")) as raw, raw:
        raw.execute(
            "UPDATE responses SET body = substr(body, 1, 40) WHERE id = (SELECT response_id FROM pages WHERE url != '' LIMIT 1)"
        )
    said = copy("check", expect=3).stderr
    assert "the stored answer of" in said
    assert "Restore the archive from a backup" in said
    assert "the next crawl fetches the page again" in copy("check", "--repair").stderr
    copy("crawl", "--all", expect=1)  # one page is gone
    assert copy.json("check")["ok"] is True


def test_options_may_stand_anywhere_and_mistyped_words_get_a_proposal(indexer: Command) -> None:
    before, after = indexer("--json", "search", "harbour wall"), indexer("search", "harbour", "--json", "wall")
    assert [hit["id"] for hit in json.loads(before.stdout)["hits"]] == [hit["id"] for hit in json.loads(after.stdout)["hits"]]
    elsewhere = Command(indexer.data.parent / "elsewhere")
    assert elsewhere.json("status", "--data", str(indexer.data))["documents"] == len(MANIFEST["items"])
    assert indexer("sources", "-v").stdout == indexer("-v", "sources").stdout
    assert "Did you mean 'search'?" in indexer("serach", "harbour", expect=2).stderr
    assert "--full" in indexer("crawl", "--ful", expect=2).stderr
    assert "--category" in indexer("search", expect=2).stderr
    assert indexer.json("search", "--source", "nothing has this name", expect=4)["total"] == 0


def test_only_commands_that_store_something_new_create_a_data_folder(indexer: Command, tmp_path: Path) -> None:
    missing = Command(tmp_path / "missing")
    for line in (
        ["crawl"], ["reindex"], ["search", "a"], ["suggest", "a"], ["queries"], ["show", "a"], ["forget", "a"], ["status"],
        ["sources"], ["check"], ["export"], ["remove", "a"],
    ):  # fmt: skip
        said = missing("-q", *line, expect=4).stderr
        assert f"no search data at {missing.data}" in said, line
        assert "indexer add" in said
    assert not missing.data.exists()
    missing("init")
    said = missing("-q", "crawl", expect=2).stderr
    assert "no sources" in said
    assert "indexer add URL" in said


def test_log_lines_show_each_request_and_can_be_json(indexer: Command, site: str) -> None:
    lines = indexer("crawl", "--all", "-v", expect=1).stderr.splitlines()
    assert any(line.split()[0] in ("200", "304") and " ms " in line and line.endswith(f"{site}/rss.xml") for line in lines)
    done = indexer("crawl", "--all", "-v", "--log-format", "json", expect=1)
    records = [json.loads(line) for line in done.stderr.splitlines()]
    requests = {record["url"]: record for record in records if "url" in record}
    assert requests[f"{site}/rss.xml"]["status"] in (200, 304)
    assert {record["level"] for record in records} == {"info", "error"}
    assert any(MANIFEST["gone"] in record["message"] for record in records if record["level"] == "error")
    wrong = indexer("show", "--log-format", "json", expect=2)
    assert "Traceback" not in wrong.stderr
    assert json.loads(indexer("crawl", "nosuchsource", "--log-format", "json", expect=4).stderr)["level"] == "error"


def test_a_crawl_of_several_sources_ends_with_a_table(indexer: Command) -> None:
    lines = indexer("crawl", "--all", expect=1).stdout.splitlines()
    assert lines[0].split() == ["source", "examined", "fetched", "new", "changed", "unchanged", "removed", "failed"]
    assert [line.split()[-1] for line in lines[1:]] == ["1", "0"]
    assert len({len(line) for line in lines}) == 1


def test_a_source_is_tuned_without_a_file(site: str, tmp_path: Path) -> None:
    tuned = Command(tmp_path / "tuned")
    tuned("add", f"{site}/rss.xml", "--every", "6h", "--exclude", ".share", "--pdf", "--name", "Gazette")
    shown = {line.split()[0]: line.split()[1:] for line in tuned("sources", "-v").stdout.splitlines() if line.startswith("    ")}
    assert shown["every"] == ["6h", "indexer", "add", "or", "set"]
    assert shown["pdf"][0] == "true"
    assert shown["keep"] == ["-", "default"]
    tuned("crawl", expect=1)
    (row,) = tuned.json("sources", "-v")["sources"]
    assert row["settings"]["exclude"] == {"value": ".share", "defined": "indexer add or set"}
    hours = datetime.fromisoformat(row["next_crawl"]) - datetime.fromisoformat(row["last_crawl"])
    assert hours.total_seconds() == 6 * 3600
    said = tuned("set", "Gazette", "every=30m", "exclude=", "include=article").stdout
    assert "every = 30m" in said
    assert "exclude = (not set)" in said
    assert "extracted again" in said
    (row,) = tuned.json("sources")["sources"]
    soon = datetime.fromisoformat(row["next_crawl"]) - datetime.fromisoformat(row["last_crawl"])
    assert soon.total_seconds() == 1800, "a shorter interval applies immediately"
    assert "15m" in tuned("set", "Gazette", "every=1m", expect=2).stderr
    assert "cannot be changed" in tuned("set", "Gazette", "url=https://example.org/", expect=2).stderr
    assert "unknown setting" in tuned("set", "Gazette", "colour=red", expect=2).stderr
    assert "include=" in tuned("set", "Gazette", "include", expect=2).stderr
    assert "indexer sources" in tuned("set", "Herald", "pdf=true", expect=4).stderr
    (tuned.data / "config.toml").write_text(f'[[source]]\nurl = "{site}/rss.xml"\nname = "Gazette"\n')
    for command in (("set", "Gazette", "pdf=true"), ("remove", "Gazette"), ("remove", "Gazette", "--forget")):
        assert "config.toml, line 1" in tuned(*command, expect=2).stderr
    (row,) = tuned.json("sources", "-v")["sources"]
    assert row["settings"]["name"]["defined"].endswith("config.toml, line 3")
    assert row["settings"]["every"] == {"value": "auto", "defined": "default"}


def test_a_shell_completes_commands_options_and_sources(indexer: Command) -> None:
    def complete(*words: str) -> set[str]:
        line = [sys.executable, "-c", "from indexer.cli import main; main()"]
        env = {**os.environ, "COMP_WORDS": shlex.join(["indexer", *words]), "COMP_CWORD": str(len(words))}
        env["_INDEXER_COMPLETE"] = "bash_complete"
        done = subprocess.run(line, env=env, capture_output=True, text=True, check=False)
        return {each.partition(",")[2] for each in done.stdout.splitlines() if each}

    data = ("--data", str(indexer.data))
    assert complete("sea") == {"search"}
    assert "--accept-removals" in complete("crawl", "--acc")
    assert complete(*data, "crawl", "the") == {"The Orrin Gazette"}
    assert complete(*data, "doctor", "D") == {"Der Bote von Orrin"}
    assert complete("--data", "/nowhere", "crawl", "the") == set()


def test_the_output_of_every_command_has_the_documented_shape(indexer: Command, site: str, tmp_path: Path) -> None:
    checked = set()

    def check(command: str, value: object) -> None:
        check_output(command, value)
        checked.add(command)

    fresh = Command(tmp_path / "fresh")
    check("init", fresh.json("init"))
    check("add", fresh.json("add", f"{site}/atom.xml"))
    check("crawl", fresh.json("crawl", "--dry-run"))
    check("crawl", fresh.json("crawl"))
    check("sources", fresh.json("sources", "-v"))
    check("set", fresh.json("set", f"{site}/atom.xml", "every=1d", "pdf=true"))
    check("reindex", fresh.json("reindex", "--re-extract"))
    check("crawl", indexer.json("crawl", "--all", expect=1))
    check("sources", indexer.json("sources"))
    check("status", indexer.json("status"))
    for query in ("harbour", "harbuor", "nosuchword", "harbour nosuchword", "wall^^("):
        check("search", indexer.json("search", "--explain", query, expect=(0, 4)))
    check("suggest", indexer.json("suggest", "ha"))
    check("queries", indexer.json("queries"))
    (tmp_path / "judged.json").write_text('{"queries": [{"query": "harbour", "relevant": {"harbour-wall-repairs": 1}}]}')
    report = indexer("evaluate", str(tmp_path / "judged.json"), "--json").stdout
    (tmp_path / "before.json").write_text(report.replace("1.0", "0.5"))
    check("evaluate", json.loads(report))
    check("evaluate", indexer.json("evaluate", str(tmp_path / "judged.json"), "--baseline", str(tmp_path / "before.json")))
    many = {"queries": [{"query": "harbour", "relevant": {"harbour-wall-repairs": 1}}] * 40}
    (tmp_path / "many.json").write_text(json.dumps(many))
    check("tune", indexer.json("tune", str(tmp_path / "many.json")))
    check("reindex", indexer.json("reindex", "--judge", str(tmp_path / "many.json")))
    check("reindex", indexer.json("reindex", "--rollback"))
    check("synonyms", indexer.json("synonyms"))
    check("synonyms", indexer.json("synonyms", "--propose"))
    check("doctor", indexer.json("doctor", f"{site}/rss.xml", expect=1))
    check("doctor", indexer.json("doctor", f"{site}/nowhere", expect=4))
    for item in MANIFEST["items"][:4]:
        check("preview", indexer.json("preview", f"{site}{item['path']}", expect=(0, 4))) if item["path"] != MANIFEST[
            "gone"
        ] else None
        check("show", indexer.json("show", f"{site}{item['path']}"))
    for path in (MANIFEST["gone"], "/never-met", "/rss.xml"):
        check("show", indexer.json("show", f"{site}{path}", expect=(0, 4)))
    check("check", indexer.json("check"))
    check("backup", indexer.json("backup", str(tmp_path / "all.backup")))
    check("restore", Command(tmp_path / "restored").json("restore", str(tmp_path / "all.backup")))
    lines = fresh("export").stdout
    for line in lines.splitlines():
        check("export", json.loads(line))
    (tmp_path / "lines.jsonl").write_text(lines + "nonsense\n")
    check("import", fresh.json("import", str(tmp_path / "lines.jsonl"), expect=1))
    check("forget", fresh.json("forget", f"{site}/never-met"))
    check("remove", fresh.json("remove", f"{site}/atom.xml", "--forget"))
    assert checked == set(COMMANDS) - {"move"}  # it needs a cluster: see test_a_site_on_a_cluster


def test_ctrl_c_shows_no_traceback(indexer: Command, site: str, tmp_path: Path) -> None:
    slow = Command(tmp_path / "slow", {"INDEXER_CRAWL_DELAY_SECONDS": "1"})
    slow("add", f"{site}/rss.xml")
    env = {**os.environ, "INDEXER_CRAWL_ALLOW_PRIVATE_HOSTS": "true", "INDEXER_CRAWL_DELAY_SECONDS": "1"}
    line = [sys.executable, "-m", "indexer", "--data", str(slow.data), "-v", "crawl"]
    for seen in ("", "rss.xml", "/en/news/"):  # while modules are loaded, while robots.txt is fetched, while pages are
        process = subprocess.Popen(line, env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        assert process.stderr is not None
        output = ""
        while seen not in output:
            output += process.stderr.readline()
        process.send_signal(signal.SIGINT)
        rest = process.communicate(timeout=60)[1]
        assert "Traceback" not in output + rest
        assert process.returncode in (130, -signal.SIGINT)
        if seen:
            assert "run the command again" in rest


def test_a_full_disk_is_no_mistake_of_the_program(indexer: Command) -> None:
    assert "free some space" in indexer("export", "/dev/full", expect=1).stderr


def test_show_and_preview(indexer: Command, site: str) -> None:
    hit = indexer.json("search", "harbour")["hits"][0]
    shown = indexer.json("show", hit["url"])
    assert shown["title"] == hit["title"]
    assert shown["index"] == "in it"
    assert shown["history"]
    extracted = indexer.json("preview", hit["url"])
    assert {"rule": "aside", "selector": "html > body > aside.related"}.items() <= extracted["removed"][-3].items()
    assert extracted["neighbours"] > 3  # read beside the other pages of its source
    kept = indexer.json("preview", hit["url"], "--keep", "aside.related h2", "--exclude", "article p:last-child")
    assert "Related" in kept["text"].splitlines()
    assert len(kept["text"]) < len(extracted["text"])
    assert extracted["text"]
    assert extracted["rule"]
    indexer("show", f"{site}/never-met", expect=4)


@pytest.mark.parametrize("start", [b"\x89PNG\r\n", b"\x1f\x8b\x08"])
def test_preview_of_a_file_that_is_no_page_says_so(indexer: Command, tmp_path: Path, start: bytes) -> None:
    file = tmp_path / "page.html"
    file.write_bytes(start + b" and more")
    assert "is not a web page" in indexer("preview", str(file), "--url", "https://example.org/a", expect=2).stderr


def test_export_and_import_carry_everything(indexer: Command, tmp_path: Path) -> None:
    lines = tmp_path / "documents.jsonl"
    lines.write_text(indexer("export").stdout, "utf-8")
    other = Command(tmp_path / "other")
    other("import", str(lines))
    assert other.json("status")["documents"] == len(MANIFEST["items"])
    here, there = (each.json("search", "harbour")["hits"] for each in (indexer, other))
    assert [hit["id"] for hit in here] == [hit["id"] for hit in there]
    lines.write_text('{"title": 1}\nnot json\n{"url": "https://example.org/a", "title": "Lantern"}\n')
    problems = other("import", str(lines), expect=1).stderr
    assert "line 1" in problems
    assert "line 2" in problems
    dated = tmp_path / "dated.jsonl"
    dated.write_text(
        '{"url": "https://example.org/b", "title": "B", "date": "yesterday"}\n{"id": "c", "title": "C", "date": 5}\n'
    )
    assert other("import", str(dated), expect=1).stderr.count('"date" cannot be') == 2
    assert other.total("lantern") >= 1
    warc = tmp_path / "all.warc.gz"
    indexer("export", "--format", "warc", str(warc))
    assert warc.stat().st_size > 1000


def test_a_dry_run_says_what_why_and_how_long_and_stores_nothing(indexer: Command, site: str, tmp_path: Path) -> None:
    fresh = Command(tmp_path / "fresh")
    fresh("add", f"{site}/rss.xml")
    rss = len([one for one in MANIFEST["items"] if one["language"] != "de"])
    said = fresh("crawl", "--dry-run").stdout
    assert f"{rss} entries, {rss} pages would be fetched" in said
    assert f"  {rss} new\n" in said
    assert said.count(f"    {site}/") == 3
    assert f"and {rss - 3} more" in said
    assert fresh("-v", "crawl", "--dry-run").stdout.count(f"    {site}/") == rss
    (row,) = fresh.json("crawl", "--dry-run")["sources"]
    assert (row["fetched"], len(row["planned"]), row["seconds"]) == (rss, rss, 0)
    assert {page["why"] for page in row["planned"]} == {"new"}
    assert fresh.json("status")["pages"] == 0
    slow = Command(fresh.data, {"INDEXER_CRAWL_DELAY_SECONDS": "2"}).json("crawl", "--dry-run")["sources"]
    assert slow[0]["seconds"] == 2 * rss
    again = indexer("crawl", "--dry-run", "--all", expect=(0, 1)).stdout
    assert "tried again after a failure" in again
    assert "due for a revisit" in again
    assert "Total: " in again


def test_doctor_leaves_with_how_bad_it_is(indexer: Command, site: str, tmp_path: Path) -> None:
    fresh = Command(tmp_path / "never made")
    report = fresh.json("doctor", f"{site}/rss.xml", expect=1)  # one of its pages is gone
    assert (report["verdict"], report["items"]) == ("warning", 22)
    assert report["requests"] <= 12
    assert MANIFEST["gone"] in next(each["seen"] for each in report["findings"] if each["code"] == "pages.unreachable")
    assert not fresh.data.exists()
    said = fresh("doctor", f"{site}/atom.xml").stdout
    assert "\nPages\n" in said
    assert "2 notices." in said
    name = indexer.json("sources")["sources"][1]["name"]
    known = indexer.json("doctor", name)
    assert (known["url"], known["known"], known["verdict"]) == (f"{site}/atom.xml", True, "notice")
    assert fresh.json("doctor", f"{site}/nowhere", expect=4)["findings"][0]["code"] == "address.unreachable"
    assert "indexer sources" in fresh("doctor", "nosuchsource", expect=4).stderr
    assert "neither a feed" in fresh("doctor", f"{site}/robots.txt", expect=4).stdout


def test_status_and_sources_name_what_fails(indexer: Command) -> None:
    said = indexer("status").stdout
    assert "1 page: the server answered 410" in said
    assert MANIFEST["gone"] in said
    assert "retry now: indexer crawl" in said
    rows = indexer.json("sources")["sources"]
    assert sum(row["failing_pages"] for row in rows) == 1
    assert all(row["next"] and row["command"] for row in rows)
    found = indexer.json("status")
    assert found["failing_pages"][0]["examples"][0].endswith(MANIFEST["gone"])
    assert found["suspects"]["looked_at"] == found["suspects"]["documents"] == len(MANIFEST["items"])


def test_without_a_contact_it_is_asked_for_once(tmp_path: Path) -> None:
    opml = tmp_path / "list.opml"
    opml.write_text(
        '<opml version="2.0"><body><outline xmlUrl="https://nobody.invalid/rss.xml" text="X"/></body></opml>', "utf-8"
    )
    public = {"INDEXER_CRAWL_ALLOW_PRIVATE_HOSTS": "false", "INDEXER_CRAWL_TIMEOUT_SECONDS": "5"}
    asked = "Set contact under [crawl]"
    anew = Command(tmp_path / "anew", public)
    said = anew("--json", "add", str(opml))
    assert asked in said.stderr
    assert json.loads(said.stdout)["sources"][0]["added"]
    assert asked not in anew("add", str(opml)).stderr, "nothing is new"
    assert asked not in anew("crawl", expect=1).stderr
    quiet = Command(tmp_path / "quiet", public)
    assert asked not in quiet("-q", "add", str(opml)).stderr
    named = Command(tmp_path / "named", public | {"INDEXER_CRAWL_CONTACT": "https://example.org/crawler"})
    assert asked not in named("add", str(opml)).stderr
    (tmp_path / "written").mkdir()
    (tmp_path / "written" / "config.toml").write_text('[[source]]\nurl = "https://nobody.invalid/rss.xml"\n', "utf-8")
    written = Command(tmp_path / "written", public)
    assert asked in written("crawl", expect=1).stderr
    assert asked not in written("crawl", expect=(0, 1)).stderr


def test_hosts_that_are_spared_are_shown_and_remembered_when_others_are_crawled(indexer: Command) -> None:
    settings = load_settings(indexer.data)
    archive = open_archive(settings)
    until = datetime.now(UTC).replace(microsecond=0) + timedelta(hours=20)
    state = HostState("silent.example", 5, datetime(2026, 5, 1, tzinfo=UTC), "no answer", until, 1)
    archive.hosts.put({state.host: state.to_mapping()})
    archive.close()
    indexer("crawl", indexer.json("sources")["sources"][1]["name"], expect=(0, 1))
    (row,) = indexer.json("status")["hosts"]
    assert (row["host"], row["state"], row["until"]) == ("silent.example", "left-alone", f"{until:%Y-%m-%dT%H:%M:%SZ}")
    said = " ".join(indexer("status").stdout.split())
    assert (
        f"silent.example: in back-off: it failed 5 times in a row since 2026-05-01 00:00 UTC; next attempt after {until:%Y-%m-%d}"
        in said
    )
    assert all(source["host"] is None for source in indexer.json("sources")["sources"])


def test_show_answers_for_any_address(indexer: Command, site: str) -> None:
    gone = indexer.json("show", f"{site}{MANIFEST['gone']}")
    assert (gone["found"], gone["code"]) == (True, "found")
    assert "text of the feed" in gone["why"]
    moved = MANIFEST["moved"]
    assert indexer.json("show", f"{site}{moved['from']}")["url"] == indexer.json("show", f"{site}{moved['to']}")["url"]
    never = indexer("show", f"{site}/never-met", expect=4).stdout
    assert "no source lists this URL" in never
    assert "--full" in never
    assert indexer.json("show", "nonsense", expect=4)["code"] == "never-listed"


def test_a_reader_that_leaves_and_streams_that_are_closed(site: str, tmp_path: Path) -> None:
    """`crawl | head -1` ended before the index was brought up to date, with 1 as if something had failed; `2>&-` did nothing."""
    fresh = Command(tmp_path / "fresh")
    fresh("add", f"{site}/atom.xml")
    command = f"{sys.executable} -m indexer --data {fresh.data}"
    env = {**os.environ, "INDEXER_CRAWL_ALLOW_PRIVATE_HOSTS": "true", "INDEXER_CRAWL_DELAY_SECONDS": "0"}
    for line in (
        "crawl --all 2>&- | true",
        "crawl --all >&-",
        "export | true",
        "sources | true",
        "sources >&-",
        "--json status | true",
    ):
        done = subprocess.run(
            ["bash", "-o", "pipefail", "-c", f"{command} {line}"],
            env=env,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert (done.returncode, "Error" in done.stderr) == (0, False), (line, done.stderr)
    assert fresh.json("status")["pending"] == 0
    assert fresh.json("status")["documents"] > 0
