"""`GET /models…`: what is stored and what serves."""

import os
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest

from model_store.storage.training_report import TRAINING_REPORT
from model_store.store import ModelStore
from tests.api.conftest import Client, Serve
from tests.support.fakes import grey, publish
from tests.support.problem_shape import assert_problem


async def test_models_are_listed_with_their_versions_and_what_is_loaded(serve: Serve, store: Path) -> None:
    publish(store)
    publish(store, "tints", positive="light", threshold=0.5)
    ModelStore(store).set_alias("shades", "candidate", 1)
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
        "aliases": {"candidate": 1},
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
        ("/models/other/versions/1/report", "model-not-found"),
        ("/models/shades/versions/9/report", "version-not-found"),
        ("/models/shades/versions/one/report", "invalid-parameter"),
    ],
)
async def test_what_is_not_there_is_a_problem(client: Client, path: str, name: str) -> None:
    assert_problem(await client.get(path), name)


async def test_models_are_listed_though_the_file_of_aliases_is_damaged(client: Client, store: Path) -> None:
    (store / "shades" / "aliases.json").write_text("[")
    assert (await client.get("/models/shades")).json()["aliases"] == {}


PAGE = b"<!doctype html><title>Training</title><script>alert(1)</script>"


async def report_of(client: Client, version: int, **headers: str) -> httpx.Response:
    return await client.get(f"/models/shades/versions/{version}/report", headers=headers)


async def test_the_training_report_of_a_version_is_sent_without_loading_the_version(serve: Serve, store: Path) -> None:
    publish(store, files={TRAINING_REPORT: PAGE})
    publish(store)
    async with serve() as client:
        response = await report_of(client, 2)
        assert (response.status_code, response.content) == (200, PAGE)
        assert response.headers["content-type"] == "text/html; charset=utf-8"
        assert (await client.get("/models/shades")).json()["loaded"] == [3]


async def test_a_training_report_can_do_nothing_but_show_itself(serve: Serve, store: Path) -> None:
    publish(store, files={TRAINING_REPORT: PAGE})
    async with serve() as client:
        headers = (await report_of(client, 2)).headers
    allowed = dict(rule.strip().partition(" ")[::2] for rule in headers["content-security-policy"].split(";"))
    assert allowed["sandbox"] == ""  # no script, no form, no origin, no window
    assert allowed["default-src"] == "'none'"
    assert (allowed["style-src"], allowed["img-src"]) == ("'unsafe-inline'", "data:")
    assert not {"script-src", "connect-src"} & set(allowed)
    assert headers["x-content-type-options"] == "nosniff"


async def test_a_training_report_that_the_client_has_is_not_sent_again(serve: Serve, store: Path) -> None:
    publish(store, files={TRAINING_REPORT: PAGE})
    async with serve() as client:
        first = await report_of(client, 2)
        again = await report_of(client, 2, **{"If-None-Match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert "private" in first.headers["cache-control"]


async def test_a_version_without_a_training_report_is_said(client: Client) -> None:
    problem = assert_problem(await report_of(client, 1), "not-found")
    assert problem["detail"] == "Version 1 of shades has no training report."


def damage_by_change(path: Path) -> None:
    path.write_bytes(b"<!doctype html>another page")


def damage_by_link(path: Path) -> None:
    path.rename(path.with_name("elsewhere.html"))
    path.symlink_to(path.with_name("elsewhere.html"))


def damage_by_link_to_the_folder(path: Path) -> None:
    path.parent.rename(path.parent.with_name("elsewhere"))
    path.parent.symlink_to(path.parent.with_name("elsewhere"))


def damage_by_pipe(path: Path) -> None:
    path.unlink()
    os.mkfifo(path)


def damage_by_size(path: Path) -> None:
    with path.open("r+b") as file:
        file.truncate(65 * 2**20)


@pytest.mark.parametrize(
    "damage", [damage_by_change, damage_by_link, damage_by_link_to_the_folder, damage_by_pipe, damage_by_size]
)
async def test_a_training_report_that_is_not_the_published_file_is_not_sent(
    serve: Serve, store: Path, damage: Callable[[Path], None]
) -> None:
    publish(store, files={TRAINING_REPORT: PAGE})
    damage(store / "shades" / "2" / TRAINING_REPORT)
    publish(store)
    async with serve() as client:
        assert_problem(await report_of(client, 2), "model-unusable")
