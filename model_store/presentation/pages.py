"""What pages have in common: one HTML file that needs nothing else and asks nothing of any other host.

A page has no script, and a policy in its head under which a browser would run or load none. Labels and paths come from
outside: the template engine escapes them all. Pages extend `templates/base.html`.
"""

import hashlib
from base64 import b64encode

import jinja2

from model_store.evaluation import summary as wording
from model_store.text import counted, number, percent, printable


def make_environment(package: str) -> jinja2.Environment:
    """Make the engine for the templates of a package, which may use those here."""
    environment = jinja2.Environment(
        loader=jinja2.ChoiceLoader([jinja2.PackageLoader(package), jinja2.PackageLoader("model_store.presentation")]),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    filters = (percent, number, wording.interval, counted, printable)
    environment.filters |= {one.__name__: one for one in filters}
    environment.globals |= {"style_digest": _style_digest(environment)}
    return environment


def _style_digest(environment: jinja2.Environment) -> str:
    """Return the digest by which a page's policy allows its one style sheet, and no other."""
    style = environment.get_template("page.css").render()
    return b64encode(hashlib.sha256(style.encode()).digest()).decode("ascii")
