"""Make one script of the widget's modules, and one file of texts for each language.

The modules in `static/widget` are written to be read. Browsers get them as one minified script, so that an embedding page
makes a single request.
"""

from __future__ import annotations

import base64
import hashlib
import re
import string
from collections import Counter
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

import rjsmin

FOLDER: Final = Path(__file__).parent / "static" / "widget"
MODULES: Final = ("texts", "dom", "style", "api", "options", "element")  # each one imports only from those before it
_SHEET: Final = re.compile(r"(?<=replaceSync\(`)[^`]+")


@dataclass(frozen=True, slots=True)
class Bundle:
    """The widget's script as it is served."""

    script: bytes
    version: str  # of the content, for an address that never changes its meaning
    integrity: str  # for the integrity attribute (https://www.w3.org/TR/SRI/)


@cache
def widget_bundle() -> Bundle:
    """Join and minify the modules once for each process."""
    text = "".join(_without_module_syntax((FOLDER / f"{name}.js").read_text("utf-8")) for name in MODULES)
    text = _with_short_names(text)
    script = _tightened(str(rjsmin.jsmin(_SHEET.sub(lambda match: _minified_css(match[0]), text)))).encode()
    digest = hashlib.sha384(script).digest()
    return Bundle(script, digest.hex()[:16], "sha384-" + base64.b64encode(digest).decode())


@cache
def text_languages() -> tuple[str, ...]:
    """Return the languages with texts of their own. English is part of the script."""
    return tuple(sorted(path.stem for path in FOLDER.glob("*.json")))


def embed_code(base: str, *, fixed: bool = False) -> str:
    """Return the HTML to paste into a page. `base` is the server's address with a slash at its end.

    With `fixed`, the script is the present version for ever, and the browser checks its integrity.
    """
    bundle = widget_bundle()
    name = f'widget-{bundle.version}.js" integrity="{bundle.integrity}" crossorigin="anonymous' if fixed else "widget.js"
    return (
        f'<script type="module" src="{base}{name}"></script>\n'
        "<feed-search>\n"
        f'  <form action="{base}"><input type="search" name="q" aria-label="Search"> <button>Search</button></form>\n'
        "</feed-search>"
    )


def _without_module_syntax(text: str) -> str:
    return re.sub(r"^export ", "", re.sub(r"^import .*\n", "", text, flags=re.M), flags=re.M)


def _with_short_names(text: str) -> str:
    """Return a script with short names for private members (`this.#name`) and constants (`MAX_CACHED`), which are its own.

    >>> _with_short_names("const GAP_PX = 8; class A { #shown = '#fff'; f() { return this.#shown + GAP_PX; } }")
    "const $a = 8; class A { #a = '#fff'; f() { return this.#a + $a; } }"
    """
    letters = [*string.ascii_letters, *(a + b for a in string.ascii_lowercase for b in string.ascii_lowercase)]
    frequent = Counter(re.findall(r"\bthis\.#(\w+)", text)).most_common()
    names = {name: short for (name, _), short in zip(frequent, letters, strict=False)}
    constants = sorted(set(re.findall(r"\b([A-Z][A-Z_]{3,}) = ", text)))
    for short, name in zip(string.ascii_lowercase, constants, strict=False):
        text = re.sub(rf"\b{name}\b", f"${short}", text)
    return re.sub(r"#([A-Za-z]\w*)", lambda match: f"#{names.get(match[1], match[1])}", text)


def _tightened(script: str) -> str:
    """Return a minified script without what stands before and after a closing brace for readers only.

    Every statement of the modules ends with a semicolon, so no line break has to end one.

    >>> _tightened("f(){g({a,});}\\nh(){}")
    'f(){g({a})}h(){}'
    """
    return script.replace("}\n", "}").replace(";}", "}").replace(",}", "}")


def _minified_css(text: str) -> str:
    return re.sub(r"\s*([{};,])\s*", r"\1", re.sub(r"\s+", " ", text)).replace(": ", ":").replace(";}", "}").strip()
