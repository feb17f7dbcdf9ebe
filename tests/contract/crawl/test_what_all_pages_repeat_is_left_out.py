"""What repeats across a site's pages is not content: learnt by the crawl, for pages that came before as for those after."""

from __future__ import annotations

import random
from pathlib import Path

from indexer.crawl.stale_extractions import reextract_all
from support.builders import feed_of
from support.crawls import Crawled
from support.web import Web

WORDS = "harbour quay ferry estuary lantern rope captain winter bridge keeper signal tide gull market barrel".split()
BOX = "<div class=zz><p>The old lighthouse trust was founded in 1887 and looks after four towers on this coast.</p></div>"


def story(name: str) -> str:
    chance = random.Random(name)
    paragraphs = [" ".join(chance.choice(WORDS) for _ in range(30)).capitalize() + "." for _ in range(4)]
    text = "".join(f"<p>{each}</p>" for each in paragraphs)
    return f"<html lang=en><title>{name}</title><body><article><p>The {name} came by.</p>{text}{BOX}</article></body></html>"


def tales(tmp_path: Path, many: int) -> tuple[Crawled, list[str]]:
    names = [f"bird{n}" for n in range(many)]
    return Crawled(tmp_path, Web({"/rss.xml": feed_of(names), **{f"/{name}": story(name) for name in names}})), names


def texts(crawled: Crawled) -> list[str]:
    return [document.text for document in crawled.documents().values()]


def test_what_all_pages_repeat_is_left_out_of_all_of_them(tmp_path: Path) -> None:
    crawled, names = tales(tmp_path, 50)  # the template is learnt after 40
    crawled.run()
    assert len(texts(crawled)) == 50
    assert not any("lighthouse" in text for text in texts(crawled))
    assert all(any(f"The {name} came by." in text for text in texts(crawled)) for name in names)
    before = crawled.documents()
    assert '"habit":["article"' in crawled.archive.sources.all()[0].source.template
    assert reextract_all(crawled.archive).changed == 0
    crawled.run(days=1)
    assert crawled.documents() == before
    crawled.archive.close()


def test_few_pages_are_no_site(tmp_path: Path) -> None:
    crawled, _ = tales(tmp_path, 4)
    crawled.run()
    assert all("lighthouse" in text for text in texts(crawled))
    crawled.archive.close()


def test_a_site_that_grows_is_learnt_again(tmp_path: Path) -> None:
    crawled, names = tales(tmp_path, 6)
    crawled.run()
    assert not any("lighthouse" in text for text in texts(crawled))
    (state,) = crawled.archive.sources.all()
    more = [*names, *(f"fish{n}" for n in range(6))]
    crawled.web.pages |= {"/rss.xml": feed_of(more), **{f"/{name}": story(name) for name in more}}
    crawled.run(days=1)
    assert len(texts(crawled)) == 12
    assert not any("lighthouse" in text for text in texts(crawled))
    assert crawled.archive.sources.all()[0].source.template != state.source.template
    crawled.archive.close()
