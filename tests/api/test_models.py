"""`GET /models…`: what is stored and what serves."""

from pathlib import Path

import pytest

from tests.api.conftest import Client, Serve
from tests.support.fakes import grey, publish
from tests.support.problem_shape import assert_problem


async def test_models_are_listed_with_their_versions_and_what_is_loaded(serve: Serve, store: Path) -> None:
    publish(store)
    publish(store, "tints", positive="light", threshold=0.5)
    async with serve() as client:
        await client.post("/predict?model=shades&version=1", content=grey(1))
        first, second = (await client.get("/models")).json()["models"]
    assert first == {
        "model": "shades",
        "serving": 2,
        "versions": [1, 2],
        "loaded": [1, 2],
        "labels": ["dark", "light"],
        "positive": None,
    }
    assert (second["model"], second["positive"], second["loaded"]) == ("tints", "light", [1])


async def test_one_model_is_described_as_in_the_list(client: Client) -> None:
    listed = (await client.get("/models")).json()["models"]
    assert (await client.get("/models/shades")).json() == listed[0]


async def test_the_manifest_of_a_version_is_returned(client: Client) -> None:
    manifest = (await client.get("/models/shades/versions/1")).json()
    assert manifest["labels"] == ["dark", "light"]
    assert set(manifest["files"]) == {"golden.npz", "saved_model.pb"}


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("/models/other", "model-not-found"),
        ("/models/..%2F..", "not-found"),
        ("/models/shades/versions/9", "version-not-found"),
        ("/models/shades/versions/0", "version-not-found"),
        ("/models/shades/versions/-1", "version-not-found"),
        ("/models/shades/versions/one", "invalid-parameter"),
        ("/models/other/versions/1", "model-not-found"),
    ],
)
async def test_what_is_not_there_is_a_problem(client: Client, path: str, name: str) -> None:
    assert_problem(await client.get(path), name)
