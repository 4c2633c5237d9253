"""The page at `/docs`: the OpenAPI document for people, rendered here. It runs no script and asks no host.

What the document holds decides what the page says, so a new route is on it without a change here.
"""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

import jinja2
from markupsafe import Markup, escape

from model_store.presentation.pages import make_environment

_CODE: Final = re.compile(r"`([^`]+)`")
_REFERENCE: Final = "#/components/schemas/"
Schema = Mapping[str, Any]


@dataclass(frozen=True)
class Operation:
    """A method of a path."""

    method: str
    path: str
    said: Schema
    """What the document says about it."""

    @property
    def body(self) -> Mapping[str, Schema]:
        """Media type → schema of the bodies that it takes."""
        return _schemas_of(self.said.get("requestBody", {}))

    @property
    def answers(self) -> Mapping[str, Schema]:
        """Media type → schema of its answers with status 200."""
        return _schemas_of(self.said["responses"].get("200", {}))

    @property
    def problems(self) -> list[str]:
        """The statuses of its problems."""
        return [status for status in self.said["responses"] if status != "200"]


@dataclass(frozen=True)
class Reference:
    """A page, with the policy that a browser is to hold it to."""

    body: bytes
    policy: str


def render_reference(document: Schema) -> Reference:
    """Render an OpenAPI document as a page."""
    environment = make_environment("app.api")
    environment.filters |= {"prose": _prose, "type": _type, "limits": _limits}
    page = environment.get_template("reference.html").render(
        info=document["info"], groups=_by_tag(document), schemas=document.get("components", {}).get("schemas", {})
    )
    return Reference(page.encode(), _policy(environment))


def _policy(environment: jinja2.Environment) -> str:
    style = environment.globals["style_digest"]
    return (
        f"default-src 'none'; style-src 'sha256-{style}'; img-src data:; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )


def _schemas_of(part: Schema) -> dict[str, Schema]:
    return {kind: one.get("schema", {}) for kind, one in part.get("content", {}).items()}


def _by_tag(document: Schema) -> dict[str, list[Operation]]:
    groups: dict[str, list[Operation]] = {}
    for path, methods in document["paths"].items():
        for method, said in methods.items():
            (tag,) = said.get("tags", ["others"])
            groups.setdefault(tag, []).append(Operation(method.upper(), path, said))
    return groups


def _prose(text: str) -> Markup:
    """Mark up paragraphs and code."""
    paragraphs = (_CODE.sub(r"<code>\1</code>", str(escape(one))) for one in text.split("\n\n"))
    return Markup("".join(f"<p>{one}</p>" for one in paragraphs))  # noqa: S704  escaped above


def _type(schema: Schema) -> Markup:
    """Say in words which values a schema takes, with a link to each schema that has a name."""
    return Markup(" or ").join(_alternatives(schema))


def _alternatives(schema: Schema) -> Iterator[Markup]:
    if "$ref" in schema:
        name = schema["$ref"].removeprefix(_REFERENCE)
        yield Markup('<a href="#{0}">{0}</a>').format(name)
    elif "anyOf" in schema:
        yield from (_type(one) for one in schema["anyOf"])
    elif "const" in schema or "enum" in schema:
        yield from (Markup("<code>{}</code>").format(one) for one in schema.get("enum", [schema.get("const")]))
    elif "prefixItems" in schema:
        yield Markup("array of {}").format(Markup(", ").join(_type(one) for one in schema["prefixItems"]))
    elif schema.get("type") == "array":
        yield Markup("array of {}").format(_type(schema.get("items", {})))
    elif isinstance(schema.get("additionalProperties"), Mapping):
        yield Markup("object of {}").format(_type(schema["additionalProperties"]))
    else:
        kind, form = schema.get("type", "anything"), schema.get("format")
        yield escape(f"{kind} ({form})" if form else kind)


def _limits(schema: Schema) -> str:
    """Say what a value is if it is not given, and its bounds."""
    bounds = {"minimum": "≥", "exclusiveMinimum": ">", "maximum": "≤", "exclusiveMaximum": "<"}
    inner = next((one for one in schema.get("anyOf", []) if one.get("type") != "null"), schema)
    said = [f"{sign}\N{NO-BREAK SPACE}{inner[name]:,}" for name, sign in bounds.items() if name in inner]
    default = schema.get("default")
    return ", ".join([*said, *([f"default {json.dumps(default)}"] if default is not None and default != "" else [])])
