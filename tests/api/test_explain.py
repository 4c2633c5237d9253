"""`?explain=true`: class activation maps, which are there for who asks, and cost nobody else anything."""

import asyncio
import io
import re
import threading
from base64 import b64decode
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from app.inference.engines.base import ComputeMaps, Maps
from model_store.images.pixels import InputSpec, Pixels, decode
from model_store.manifest import Signature
from model_store.presentation.activation import overlay
from tests.api.conftest import Client, Serve
from tests.support.fakes import LABELS, SIZE, FakeEngine, activation, brightness, encode, grey, publish, zip_of
from tests.support.problem_shape import assert_problem

SHADED = encode(Image.fromarray(np.linspace(40, 230, 16 * 16 * 3).reshape(16, 16, 3).astype(np.uint8)))
SEEN = decode(SHADED, InputSpec(height=SIZE, width=SIZE)).pixels
ZIP = zip_of({"dark/1.png": grey(20), "dark/2.png": SHADED, "light/3.png": grey(250), "light/4.png": grey(30)})


@pytest.fixture
def store(tmp_path: Path) -> Path:
    """Return a store with a version that can be explained, and one that cannot."""
    publish(tmp_path / "store", is_explained=True)
    publish(tmp_path / "store", "plain")
    return tmp_path / "store"


async def test_the_maps_of_a_picture_are_those_of_the_engine(client: Client) -> None:
    response = await client.post("/predict?model=shades&explain=true", content=SHADED)
    maps = response.json()["explanation"]["maps"]
    assert set(maps) == set(LABELS)
    for place, label in enumerate(LABELS):
        assert np.abs(np.array(maps[label]) - activation(SEEN[None])[0, ..., place]).max() <= 5e-5
    means = np.exp([np.mean(maps[label]) for label in LABELS])
    assert np.abs(means / means.sum() - brightness(SEEN[None])[0]).max() < 1e-4


async def test_the_prediction_is_the_same_with_and_without(client: Client) -> None:
    plain = (await client.post("/predict?model=shades", content=SHADED)).json()
    explained = (await client.post("/predict?model=shades&explain=true&pixels=true", content=SHADED)).json()
    assert {name: value for name, value in explained.items() if name not in {"explanation", "pixels"}} == plain


async def test_with_few_labels_listed_there_are_their_maps_and_that_of_the_one_called(
    serve: Serve, tmp_path: Path
) -> None:
    publish(tmp_path / "other", positive="light", threshold=0.9, is_explained=True)
    async with serve(store=tmp_path / "other") as client:
        body = (await client.post("/predict?explain=true&top_k=1", content=grey(200))).json()
    assert body["label"] == "dark"
    assert [one["label"] for one in body["predictions"]] == ["light"]
    assert set(body["explanation"]["maps"]) == {"dark", "light"}


async def test_a_picture_of_it_lies_over_what_the_model_saw(client: Client) -> None:
    headers = {"accept": "image/png"}
    response = await client.post("/predict?model=shades&explain=true", content=SHADED, headers=headers)
    assert response.headers["content-type"] == "image/png"
    assert response.headers["vary"] == "Accept"
    assert response.content == overlay(SEEN, activation(SEEN[None])[0], brightness(SEEN[None])[0].argmax())
    assert pixels_of(response.content).shape == SEEN.shape


async def test_what_the_model_saw_is_sent_pixel_for_pixel(client: Client) -> None:
    body = (await client.post("/predict?model=plain&pixels=true", content=SHADED)).json()
    assert (pixels_of(b64decode(body["pixels"].removeprefix("data:image/png;base64,"))) == SEEN).all()
    assert "explanation" not in body


async def test_its_time_is_told_apart_from_that_of_the_model(client: Client) -> None:
    response = await client.post("/predict?model=shades&explain=true", content=SHADED)
    header = r"decode;dur=\d+\.\d\d, queue;dur=\d+\.\d\d, inference;dur=\d+\.\d\d, explain;dur=\d+\.\d\d"
    assert re.fullmatch(header, response.headers["server-timing"])


async def test_nothing_is_loaded_for_it_until_somebody_asks_and_then_once(serve: Serve) -> None:
    engine = FakeEngine()
    async with serve(engine=engine, models=("shades",)) as client:
        await client.post("/predict", content=SHADED)
        await client.post("/evaluate", content=ZIP)
        assert engine.maps_loaded == 0
        asked = [client.post("/predict?explain=true", content=SHADED) for _ in range(8)]
        assert {response.status_code for response in await asyncio.gather(*asked)} == {200}
        assert engine.maps_loaded == 1


@pytest.mark.parametrize("path", ["/predict", "/evaluate"])
async def test_a_version_without_maps_says_so_before_it_takes_anything(client: Client, path: str) -> None:
    response = await client.post(f"{path}?model=plain&explain=true", content=ZIP)
    problem = assert_problem(response, "invalid-parameter")
    assert "version 1 of plain holds no class activation maps; train it again" in problem["detail"]


@pytest.mark.parametrize("path", ["/predict", "/evaluate"])
async def test_it_is_yes_or_no(client: Client, path: str) -> None:
    assert_problem(await client.post(f"{path}?model=shades&explain=perhaps", content=ZIP), "invalid-parameter")


class Broken(FakeEngine):
    """An engine whose maps break their law, or cannot be loaded."""

    def __init__(self, *, raises: bool) -> None:
        super().__init__()
        self.raises = raises

    def load_maps(self, directory: Path, signature: Signature) -> ComputeMaps:
        """Fail."""
        super().load_maps(directory, signature)
        if self.raises:
            raise OSError("the version was removed")
        return lambda pixels: activation(pixels)[..., ::-1]


@pytest.mark.parametrize("raises", [False, True])
async def test_maps_that_are_not_the_models_are_not_shown_and_predictions_go_on(serve: Serve, *, raises: bool) -> None:
    async with serve(engine=Broken(raises=raises), models=("shades",)) as client:
        assert_problem(await client.post("/predict?explain=true", content=SHADED), "inference-failed")
        assert (await client.post("/predict", content=SHADED)).status_code == 200


async def test_maps_are_loaded_from_the_files_that_were_verified(serve: Serve, store: Path) -> None:
    async with serve(models=("shades",)) as client:
        (store / "shades" / "1" / "saved_model.pb").write_bytes(b"another one")
        assert_problem(await client.post("/predict?explain=true", content=SHADED), "inference-failed")


class Held(FakeEngine):
    """An engine whose maps wait until they are let go."""

    def __init__(self) -> None:
        super().__init__()
        self.asked, self.let_go = threading.Event(), threading.Event()

    def load_maps(self, directory: Path, signature: Signature) -> ComputeMaps:
        """Return what waits."""
        compute = super().load_maps(directory, signature)

        def wait(pixels: Pixels) -> Maps:
            self.asked.set()
            self.let_go.wait(10)
            return compute(pixels)

        return wait


async def test_those_who_wait_are_limited_and_hold_nobody_else_up(serve: Serve) -> None:
    engine = Held()
    async with serve(engine=engine, models=("shades",), max_queue=1) as client:
        waiting = asyncio.create_task(client.post("/predict?explain=true", content=SHADED))
        await asyncio.to_thread(engine.asked.wait, 10)
        assert_problem(await client.post("/predict?explain=true", content=SHADED), "overloaded")
        assert (await client.post("/predict", content=SHADED)).status_code == 200
        engine.let_go.set()
        assert (await waiting).status_code == 200


async def test_an_evaluation_explains_the_label_that_each_file_with_a_thumbnail_was_called(client: Client) -> None:
    report = (await client.post("/evaluate?model=shades&explain=true", content=ZIP)).json()
    looks = (await client.get(f"/evaluations/{report['id']}/thumbnails")).json()
    assert looks["places"] == [0, 1, 2, 3]
    assert set(looks["maps"]) == {"0", "1", "2", "3"}
    called = brightness(SEEN[None])[0].argmax()
    assert np.abs(np.array(looks["maps"]["1"]) - activation(SEEN[None])[0, ..., called]).max() <= 5e-5
    page = (await client.get(f"/evaluations/{report['id']}", headers={"accept": "text/html"})).text
    assert page.count('class="tint"') == len(report["misclassified"]) == 2


async def test_an_evaluation_that_was_not_asked_has_none(client: Client) -> None:
    report = (await client.post("/evaluate?model=shades", content=ZIP)).json()
    assert (await client.get(f"/evaluations/{report['id']}/thumbnails")).json()["maps"] == {}
    page = (await client.get(f"/evaluations/{report['id']}", headers={"accept": "text/html"})).text
    assert 'class="tint"' not in page
    assert 'class="why"' not in page


def pixels_of(png: bytes) -> Pixels:
    """Return the pixels of a PNG file."""
    return np.asarray(Image.open(io.BytesIO(png)))
