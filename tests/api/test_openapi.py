"""The OpenAPI document: it validates, names every route, and says what bodies and problems there are."""

import json
from typing import Any

import pytest
import schemathesis

from app.main import create_app
from app.problems import MEDIA_TYPE
from app.settings import Settings
from tests.api.conftest import Client
from tests.support.fakes import grey, zip_of

HTTP_METHODS = {"get", "post", "put", "patch", "delete"}


@pytest.fixture(scope="module")
def document(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """Return the document as it is served, made once: that takes half a second."""
    app = create_app(Settings(store=tmp_path_factory.mktemp("store")))
    found: dict[str, Any] = json.loads(json.dumps(app.openapi()))
    return found


def operations(document: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {
        f"{method.upper()} {path}": operation
        for path, item in document["paths"].items()
        for method, operation in item.items()
        if method in HTTP_METHODS
    }


def test_every_route_is_in_the_document(document: dict[str, Any]) -> None:
    assert set(operations(document)) == {
        "POST /predict",
        "POST /predict/batch",
        "POST /evaluate",
        "POST /interpretation",
        "GET /evaluations",
        "GET /evaluations/{evaluation_id}",
        "GET /evaluations/{evaluation_id}/comparison",
        "GET /evaluations/{evaluation_id}/thumbnails",
        "GET /evaluations/{evaluation_id}/thumbnails/{place}",
        "GET /models",
        "GET /models/{model}",
        "GET /models/{model}/versions/{version}",
        "GET /models/{model}/versions/{version}/report",
        "GET /health/live",
        "GET /health/ready",
        "GET /metrics",
        "GET /problems/{name}",
    }


def test_every_operation_has_a_sentence_and_a_name_of_its_own(document: dict[str, Any]) -> None:
    every = operations(document).values()
    assert all(operation["description"].endswith(".") or operation["summary"] for operation in every)
    names = [operation["operationId"] for operation in every]
    assert len(set(names)) == len(names)


@pytest.mark.parametrize(
    ("path", "media_types"),
    [
        ("/predict", {"image/*", "application/octet-stream", "multipart/form-data"}),
        ("/predict/batch", {"application/zip", "multipart/form-data"}),
        ("/evaluate", {"application/zip", "multipart/form-data"}),
    ],
)
def test_the_bodies_are_described(document: dict[str, Any], path: str, media_types: set[str]) -> None:
    body = document["paths"][path]["post"]["requestBody"]
    assert body["required"]
    assert set(body["content"]) == media_types


def test_problems_are_described_by_their_media_type(document: dict[str, Any]) -> None:
    for path in ("/predict", "/predict/batch", "/evaluate"):
        responses = document["paths"][path]["post"]["responses"]
        assert {"200", "400", "404", "408", "413", "415", "422", "503"} <= set(responses)
        assert all(MEDIA_TYPE in responses[status]["content"] for status in responses if status != "200"), path


def test_every_reference_leads_somewhere(document: dict[str, Any]) -> None:
    def references(value: object) -> list[str]:
        if isinstance(value, dict):
            here = [value["$ref"]] if isinstance(value.get("$ref"), str) else []
            return here + [one for inner in value.values() for one in references(inner)]
        return [one for inner in value for one in references(inner)] if isinstance(value, list) else []

    for reference in references(document):
        target: Any = document
        for step in reference.removeprefix("#/").split("/"):
            target = target[step]
        assert isinstance(target, dict)


async def test_the_document_is_served(client: Client, document: dict[str, Any]) -> None:
    assert (await client.get("/openapi.json")).json() == document


def test_the_document_is_valid(document: dict[str, Any]) -> None:
    assert schemathesis.openapi.from_dict(document).validate() is None  # raises what is wrong with it


REQUESTS: list[tuple[str, str, dict[str, Any]]] = [
    ("POST", "/predict", {"content": grey(1)}),
    ("POST", "/predict", {"content": b"hello"}),
    ("POST", "/predict", {"content": b""}),
    ("POST", "/predict?model=other", {"content": grey(1)}),
    ("POST", "/predict?top_k=0", {"content": grey(1)}),
    ("POST", "/predict", {"json": {}}),
    ("POST", "/predict/batch", {"files": [("files", ("a.png", grey(1))), ("files", ("b.png", b"x"))]}),
    ("POST", "/predict/batch", {"content": b"x", "headers": {"content-type": "application/zip"}}),
    ("POST", "/evaluate", {"files": {"file": ("a.zip", zip_of({"dark/1.png": grey(1)}))}}),
    ("GET", "/evaluations", {}),
    ("GET", "/evaluations/{evaluation_id}", {}),
    ("GET", "/evaluations/{evaluation_id}/comparison?against=none", {}),
    ("GET", "/evaluations/{evaluation_id}/thumbnails", {}),
    ("GET", "/evaluations/{evaluation_id}/thumbnails/{place}", {}),
    ("GET", "/models", {}),
    ("GET", "/models/{model}", {}),
    ("GET", "/models/{model}/versions/{version}", {}),
    ("GET", "/models/{model}/versions/{version}/report", {}),
    ("GET", "/health/live", {}),
    ("GET", "/health/ready", {}),
    ("GET", "/problems/{name}", {}),
]


@pytest.mark.parametrize(("method", "path", "sent"), REQUESTS, ids=[f"{m} {p}" for m, p, _ in REQUESTS])
async def test_answers_are_what_the_document_says(
    client: Client, document: dict[str, Any], method: str, path: str, sent: dict[str, Any]
) -> None:
    names = {"model": "shades", "version": 1, "name": "not-found", "evaluation_id": "none", "place": 0}
    response = await client.request(method, path.format(**names), **sent)
    await response.request.aread()
    route = path.partition("?")[0]
    assert str(response.status_code) in document["paths"][route][method.lower()]["responses"]
    operation = schemathesis.openapi.from_dict(document)[route][method]
    operation.validate_response(schemathesis.Response.from_httpx(response, verify=True))
