"""PDF and office files that pages link are documents of their own, where the operator wants them."""

from __future__ import annotations

import dataclasses
import io
from pathlib import Path

import pypdf
import pytest

from indexer.crawl.stale_extractions import reextract_all
from support.builders import site
from support.crawls import Crawled
from support.office import DOCX_TYPE, docx, odt, paragraph, pptx, slide
from support.web import Answer, Web

LINE = "The dredger lifted nine thousand tonnes of gravel from the estuary."


def pdf(line: str, title: str) -> str:
    """Of one page, and ASCII alone."""
    writer = pypdf.PdfWriter()
    page = writer.add_blank_page(595, 842)
    stream = pypdf.generic.StreamObject()
    stream.set_data(f"BT /F1 12 Tf 50 800 Td ({line}) Tj ET".encode())
    name = pypdf.generic.NameObject
    page[name("/Contents")] = writer._add_object(stream)
    font = {name("/Type"): name("/Font"), name("/Subtype"): name("/Type1"), name("/BaseFont"): name("/Helvetica")}
    fonts = pypdf.generic.DictionaryObject({name("/F1"): pypdf.generic.DictionaryObject(font)})
    page[name("/Resources")] = pypdf.generic.DictionaryObject({name("/Font"): fonts})
    writer.add_metadata({"/Title": title})
    out = io.BytesIO()
    writer.write(out)
    data = out.getvalue()
    return data.replace(data[9:14], b"%four", 1).decode("ascii")


def estuary() -> Web:
    linked = str(site()["/ant"]).replace(
        "</article>", "<p>More of it is in <a href=/files/dredger.pdf>the report</a>.</p></article>"
    )
    report = Answer(pdf(LINE, "Dredging report"), headers={"content-type": "application/pdf"})
    return Web({**site(), "/ant": linked, "/files/dredger.pdf": report})


@pytest.mark.parametrize("wanted", [False, True])
def test_linked_pdfs_are_documents_where_the_source_wants_them(tmp_path: Path, wanted: bool) -> None:
    crawled = Crawled(tmp_path, estuary())
    (state,) = crawled.archive.sources.all()
    crawled.archive.sources.add(dataclasses.replace(state.source, pdf=wanted))
    report = crawled.run()
    assert report.failures == []
    assert report.entries == report.fetched == report.new == 3 + wanted
    found = [document for document in crawled.archive.documents.all() if document.url.endswith("/files/dredger.pdf")]
    assert [(document.title, document.text) for document in found] == ([("Dredging report", LINE)] if wanted else [])
    assert ("/files/dredger.pdf" in crawled.web.paths) is wanted
    assert reextract_all(crawled.archive).changed == 0
    crawled.web.asked.clear()
    crawled.run(days=1)
    assert crawled.archive.integrity_problems() == []
    crawled.archive.close()


def test_a_pdf_that_cannot_be_read_costs_itself(tmp_path: Path) -> None:
    web = estuary()
    web.pages["/files/dredger.pdf"] = Answer("%PDF-1.7 and then nothing", headers={"content-type": "application/pdf"})
    crawled = Crawled(tmp_path, web)
    (state,) = crawled.archive.sources.all()
    crawled.archive.sources.add(dataclasses.replace(state.source, pdf=True))
    crawled.run()
    assert len(crawled.documents()) == 3
    crawled.archive.close()


@pytest.mark.parametrize("wanted", [False, True])
def test_linked_office_files_are_documents_where_the_source_wants_them(tmp_path: Path, wanted: bool) -> None:
    links = (
        "<p>The council has published <a href=/files/plan.docx>its plan</a>, the <a href=/files/slides.pptx>slides</a> of the hearing"
        " and <a href=/files/memo.odt>a memo</a> about the harbour wall.</p></article>"
    )
    files = {
        "/files/plan.docx": Answer(docx(paragraph(LINE)), headers={"content-type": DOCX_TYPE}),
        "/files/slides.pptx": Answer(pptx({"slide1.xml": slide("Gravel by the tonne.")})),
        "/files/memo.odt": Answer(odt("<text:p>Nobody may read this.</text:p>"), headers={"x-robots-tag": "noindex"}),
    }
    crawled = Crawled(tmp_path, Web({**site(), "/ant": str(site()["/ant"]).replace("</article>", links), **files}))
    (state,) = crawled.archive.sources.all()
    crawled.archive.sources.add(dataclasses.replace(state.source, office=wanted))
    assert crawled.archive.sources.all()[0].source.office is wanted
    crawled.run()
    texts = {
        document.url.rpartition("/")[2]: document.text
        for document in crawled.archive.documents.all()
        if "/files/" in document.url
    }
    assert texts == ({"plan.docx": LINE, "slides.pptx": "Gravel by the tonne."} if wanted else {})
    assert ("/files/memo.odt" in crawled.web.paths) is wanted
    assert reextract_all(crawled.archive).changed == 0
    crawled.archive.close()


def test_a_pdf_whose_header_forbids_it_is_not_indexed(tmp_path: Path) -> None:
    web = estuary()
    web.pages["/files/dredger.pdf"].headers["x-robots-tag"] = "noindex"
    crawled = Crawled(tmp_path, web)
    (state,) = crawled.archive.sources.all()
    crawled.archive.sources.add(dataclasses.replace(state.source, pdf=True))
    crawled.run()
    assert not any("/files/" in document.url for document in crawled.archive.documents.all())
    crawled.archive.close()
