"""The template engine of self-contained pages: one HTML file each, which loads nothing from any host.

A page has no scripts, and its content security policy forbids browsers to run or load any. The template engine escapes
labels and paths, which are untrusted. Pages extend `templates/base.html`.
"""

import hashlib
from base64 import b64encode

import jinja2

from model_store.evaluation.summary import interval
from model_store.text import counted, number, percent, printable


def make_environment(package: str) -> jinja2.Environment:
    """Make the template engine of a package; its templates may use those of this one."""
    environment = jinja2.Environment(
        loader=jinja2.ChoiceLoader([jinja2.PackageLoader(package), jinja2.PackageLoader("model_store.presentation")]),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    filters = (percent, number, interval, counted, printable)
    environment.filters |= {filter_.__name__: filter_ for filter_ in filters}
    environment.globals |= {"style_digest": _style_digest(environment)}
    return environment


def _style_digest(environment: jinja2.Environment) -> str:
    """Return the digest of the style sheet, the only one that a page's content security policy allows."""
    style = environment.get_template("page.css").render()
    return b64encode(hashlib.sha256(style.encode()).digest()).decode("ascii")
