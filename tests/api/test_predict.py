"""`POST /predict`: one image, raw or in a form."""

import re
from pathlib import Path

import pytest

from tests.api.conftest import Client, Serve
from tests.support.fakes import FakeEngine, grey, publish
from tests.support.problem_shape import assert_problem


async def test_a_raw_body_is_answered(client: Client) -> None:
    response = await client.post("/predict", content=grey(204), headers={"content-type": "image/png"})
    assert response.status_code == 200
    assert response.json() == {
        "model": "shades",
        "version": 1,
        "filename": None,
        "label": "light",
        "probability": pytest.approx(0.8),
        "predictions": [
            {"label": "light", "probability": pytest.approx(0.8)},
            {"label": "dark", "probability": pytest.approx(0.2)},
        ],
        "image": {"format": "PNG", "width": 16, "height": 16},
    }


@pytest.mark.parametrize("media_type", ["", "application/octet-stream", "image/x-whatever", "IMAGE/PNG; q=1"])
async def test_the_bytes_decide_what_the_image_is(client: Client, media_type: str) -> None:
    response = await client.post("/predict", content=grey(1, "JPEG"), headers={"content-type": media_type})
    assert response.json()["image"]["format"] == "JPEG"


async def test_a_form_is_answered_with_its_file_name(client: Client) -> None:
    response = await client.post("/predict", files={"file": ("Zelle é 1.png", grey(0))}, data={"other": "text"})
    assert response.json()["filename"] == "Zelle é 1.png"
    assert response.json()["label"] == "dark"


@pytest.mark.parametrize(("top_k", "labels"), [(1, ["light"]), (2, ["light", "dark"])])
async def test_top_k_says_how_many_labels_are_returned(client: Client, top_k: int, labels: list[str]) -> None:
    response = await client.post(f"/predict?top_k={top_k}", content=grey(200))
    assert [one["label"] for one in response.json()["predictions"]] == labels


@pytest.mark.parametrize("top_k", ["0", "-1", "3", "one", "1.5", "", "9" * 5000])
async def test_an_impossible_top_k_is_refused(client: Client, top_k: str) -> None:
    assert_problem(await client.post(f"/predict?top_k={top_k}", content=grey(200)), "invalid-parameter")


async def test_the_times_of_each_stage_are_in_a_header(client: Client) -> None:
    response = await client.post("/predict", content=grey(200))
    header = r"decode;dur=\d+\.\d\d, queue;dur=\d+\.\d\d, inference;dur=\d+\.\d\d"
    assert re.fullmatch(header, response.headers["server-timing"])


@pytest.mark.parametrize(("level", "label"), [(180, "dark"), (240, "light")])
async def test_with_a_positive_label_the_threshold_decides(serve: Serve, store: Path, level: int, label: str) -> None:
    publish(store, positive="light", threshold=0.9)
    async with serve() as client:
        body = (await client.post("/predict", content=grey(level))).json()
    assert body["threshold"] == 0.9
    assert body["label"] == label
    assert body["predictions"][0]["label"] == "light"
    assert body["probability"] == pytest.approx(level / 255 if label == "light" else 1 - level / 255, abs=1e-6)


async def test_another_version_is_loaded_when_it_is_asked_for(serve: Serve, store: Path) -> None:
    publish(store)
    async with serve(version=1) as client:
        assert (await client.post("/predict", content=grey(1))).json()["version"] == 1
        assert (await client.post("/predict?version=2", content=grey(1))).json()["version"] == 2


async def test_with_several_models_one_is_named(serve: Serve, store: Path) -> None:
    publish(store, "tints")
    async with serve() as client:
        problem = assert_problem(await client.post("/predict", content=grey(1)), "model-required")
        assert problem["available"] == ["shades", "tints"]
        assert (await client.post("/predict?model=tints", content=grey(1))).json()["model"] == "tints"


async def test_of_several_models_the_first_of_the_settings_answers(serve: Serve, store: Path) -> None:
    publish(store, "tints")
    async with serve(models="tints,shades") as client:
        assert (await client.post("/predict", content=grey(1))).json()["model"] == "tints"


async def test_a_model_that_is_stored_but_not_served_is_unknown(serve: Serve, store: Path) -> None:
    publish(store, "tints")
    async with serve(models="tints") as client:
        response = await client.post("/predict?model=shades", content=grey(1))
        assert_problem(response, "model-not-found", available=["tints"])


async def test_a_format_can_be_allowed_by_a_setting(serve: Serve, client: Client) -> None:
    avif = grey(9, "AVIF")
    assert_problem(await client.post("/predict", content=avif), "image-rejected", reason="format-not-allowed")
    async with serve(extra_formats="AVIF") as other:
        assert (await other.post("/predict", content=avif)).json()["image"]["format"] == "AVIF"


async def test_an_image_that_the_engine_fails_on_does_not_stop_the_service(serve: Serve) -> None:
    async with serve(engine=FakeEngine(fails_on=66)) as client:
        assert_problem(await client.post("/predict", content=grey(66)), "inference-failed")
        assert (await client.post("/predict", content=grey(67))).status_code == 200
