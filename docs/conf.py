"""Settings of Sphinx for `make docs`."""

project = "feed-search"
author = "The feed-search authors"
extensions = ["myst_parser"]
source_suffix = {".md": "markdown"}
html_theme = "furo"
html_title = "feed-search"
html_static_path: list[str] = []
nitpicky = True
linkcheck_ignore = [r"https?://127\.0\.0\.1.*", r"https://.*example\.org.*"]
myst_heading_anchors = 3  # so that a page can link to a heading of another
