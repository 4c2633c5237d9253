"""Builds the documents as a site: `make docs`. Warnings are errors, and nothing is loaded from another host."""

import re
from importlib.metadata import version as version_of
from typing import Any

from sphinx.application import Sphinx
from sphinx.ext.napoleon import Config, GoogleDocstring

project = "Fullcount"
release = version = version_of("fullcount")

extensions = ["myst_parser", "sphinx.ext.autodoc"]
nitpicky = True
nitpick_ignore_regex = [("py:.*", ".*")]  # types of other libraries, and names in `Raises:`, have no page here
myst_heading_anchors = 4

autodoc_member_order = "bysource"
autodoc_typehints = "description"
autodoc_typehints_description_target = "documented"

html_theme = "furo"
html_title = "Fullcount"
html_static_path = ["static"]
html_css_files = ["site.css"]
html_copy_source = False
html_show_sphinx = False
html_show_copyright = False


def setup(app: Sphinx) -> None:
    """Read docstrings as they are written here: Google's sections, code between single quotes as in Markdown."""
    app.connect("autodoc-process-docstring", _read_docstring)


def _read_docstring(app: Sphinx, what: str, name: str, thing: Any, options: Any, lines: list[str]) -> None:  # noqa: ANN401, PLR0913, PLR0917  as autodoc calls it
    text = re.sub(r"(?<!`)`([^`]+)`(?!`)", r"``\1``", "\n".join(lines)).split("\n")
    has_sections = what not in {"attribute", "property"}  # a colon in a sentence about a value is only a colon
    lines[:] = GoogleDocstring(text, Config(), app, what, name, thing, options).lines() if has_sections else text
