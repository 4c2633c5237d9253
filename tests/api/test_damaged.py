"""A damaged file is answered, and every answer about it says so."""

import csv
import io
import json

import pytest

from tests.api.conftest import Client, Serve
from tests.support.fakes import grey, publish, zip_of
from tests.support.images import damaged_jpeg, damaged_png, noisy_jpeg

ZIP = {"content-type": "application/zip"}
SET = zip_of(
    {"dark/1.png": grey(5), "dark/hole.jpg": damaged_jpeg(), "light/zeros.png": damaged_png(), "light/2.png": b"x"}
)
DAMAGED = [{"path": "dark/hole.jpg", "label": "dark"}, {"path": "light/zeros.png", "label": "light"}]


@pytest.mark.parametrize("data", [damaged_jpeg(), damaged_png()], ids=["JPEG", "PNG"])
async def test_one_image_is_answered_with_its_damage(client: Client, data: bytes) -> None:
    body = (await client.post("/predict", content=data)).json()
    assert body["damaged"] is True
    assert body["label"] in {"dark", "light"}


async def test_a_sound_image_says_nothing_of_damage(client: Client) -> None:
    for data in (noisy_jpeg(), noisy_jpeg()[:-2], grey(5)):  # the second lacks its end marker
        assert "damaged" not in (await client.post("/predict", content=data)).json()


@pytest.mark.parametrize("accept", ["application/json", "application/jsonl"])
async def test_the_damaged_images_of_a_batch_are_marked(client: Client, accept: str) -> None:
    response = await client.post("/predict/batch", content=SET, headers=ZIP | {"accept": accept})
    lines = [json.loads(line) for line in response.text.splitlines()] if accept.endswith("jsonl") else None
    results = response.json()["results"] if lines is None else lines
    assert {one["filename"] for one in results if one.get("damaged")} == {"dark/hole.jpg", "light/zeros.png"}
    if lines is None:
        assert {name: response.json()[name] for name in ("count", "succeeded", "failed", "damaged")} == {
            "count": 4, "succeeded": 3, "failed": 1, "damaged": 2
        }  # fmt: skip


async def test_a_report_counts_and_lists_them_in_every_form(client: Client) -> None:
    report = (await client.post("/evaluate", content=SET, headers=ZIP)).json()
    sums = report["accounting"]
    assert (sums["images"], sums["scored"], sums["unreadable"], sums["damaged"]) == (4, 3, 1, 2)
    assert report["damaged"] == DAMAGED
    assert report["summary"][-1].startswith("2 of the 3 scored files are damaged: their predictions are about")
    address = f"/evaluations/{report['id']}"
    assert (await client.get(address)).json()["damaged"] == DAMAGED
    table = (await client.get(address, headers={"accept": "text/csv"})).text
    rows = csv.DictReader(io.StringIO(table, newline=""))
    assert {row["path"]: row["damaged"] for row in rows} == {
        "dark/1.png": "false", "dark/hole.jpg": "true", "light/zeros.png": "true", "light/2.png": ""
    }  # fmt: skip
    page = (await client.get(address, headers={"accept": "text/html"})).text
    assert page.index("Scored, but damaged") < page.index("hole.jpg")


async def test_another_version_on_the_same_files_is_compared_as_before(serve: Serve, client: Client) -> None:
    publish(client.app.state.settings.store)
    async with serve() as again:
        report = (await again.post("/evaluate?against=1", content=SET, headers=ZIP)).json()
    assert report["damaged"] == DAMAGED
    assert report["comparison"]["paired"]["both_right"] + report["comparison"]["paired"]["both_wrong"] == 3
