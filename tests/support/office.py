"""Small docx, odt and pptx files."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping, Sequence

DOCX_TYPE = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"


def packed(parts: Mapping[str, str]) -> bytes:
    """Return a zip archive of texts; `mimetype` is stored uncompressed, as in an OpenDocument file."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in parts.items():
            archive.writestr(name, text, zipfile.ZIP_STORED if name == "mimetype" else zipfile.ZIP_DEFLATED)
    return out.getvalue()


def paragraph(text: str) -> str:
    return f"<w:p><w:r><w:t>{text}</w:t></w:r></w:p>"


def docx(body: str, parts: Mapping[str, str] = {}) -> bytes:
    document = f'<?xml version="1.0"?><w:document xmlns:w="w"><w:body>{body}</w:body></w:document>'
    return packed({"[Content_Types].xml": "<Types/>", "word/document.xml": document, **parts})


def odt(body: str, parts: Mapping[str, str] = {}) -> bytes:
    content = (
        '<office:document-content xmlns:office="o" xmlns:text="x"><office:automatic-styles/>'
        f"<office:body><office:text>{body}</office:text></office:body></office:document-content>"
    )
    return packed({"mimetype": "application/vnd.oasis.opendocument.text", "content.xml": content, **parts})


def slide(text: str, shapes: str = "", attributes: str = "") -> str:
    return (
        f'<p:sld xmlns:p="p" xmlns:a="a" {attributes}><p:cSld><p:spTree><p:sp><p:txBody><a:p><a:r><a:t>{text}</a:t></a:r></a:p>'
        f"</p:txBody></p:sp>{shapes}</p:spTree></p:cSld></p:sld>"
    )


def pptx(slides: Mapping[str, str], order: Sequence[str] = ()) -> bytes:
    """Return a presentation. `order`: of the names in `slides`; empty: the presentation states none."""
    links = "".join(f'<Relationship Id="r{n}" Target="slides/{name}"/>' for n, name in enumerate(order))
    ids = "".join(f'<p:sldId id="{256 + n}" r:id="r{n}"/>' for n in range(len(order)))
    presentation = f'<p:presentation xmlns:p="p" xmlns:r="r"><p:sldIdLst>{ids}</p:sldIdLst></p:presentation>'
    stated = {"ppt/_rels/presentation.xml.rels": f"<Relationships>{links}</Relationships>"} if order else {}
    return packed({"ppt/presentation.xml": presentation, **stated, **{f"ppt/slides/{n}": text for n, text in slides.items()}})
