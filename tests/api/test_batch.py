"""`POST /predict/batch`: many images; each has its own answer or its own error."""

import json
from typing import Any

import pytest

from tests.api.conftest import Client, Serve
from tests.support.fakes import FakeEngine, grey, unmarked_zip_of, zip_of
from tests.support.problem_shape import assert_problem

ZIP = {"content-type": "application/zip"}
LINES = {"accept": "application/jsonl"}


def form(*files: tuple[str, bytes]) -> list[tuple[str, tuple[str, bytes]]]:
    return [("files", file) for file in files]


MIXED = form(("a.png", grey(0)), ("b.png", b"no image"), ("c.jpg", grey(255)), ("d.png", b""), ("e.png", grey(3)[:-30]))


def assert_mixed(results: list[dict[str, Any]]) -> None:
    assert [one["index"] for one in results] == [0, 1, 2, 3, 4]
    assert [one["filename"] for one in results] == ["a.png", "b.png", "c.jpg", "d.png", "e.png"]
    assert [one.get("label") for one in results] == ["dark", None, "light", None, None]
    reasons = [one["error"]["reason"] for one in results if "error" in one]
    assert reasons == ["not-an-image", "empty", "truncated"]


async def test_a_form_is_answered_in_the_order_sent_with_bad_items_in_their_places(client: Client) -> None:
    body = (await client.post("/predict/batch", files=MIXED)).json()
    assert (body["model"], body["version"]) == ("shades", 1)
    assert (body["count"], body["succeeded"], body["failed"]) == (5, 2, 3)
    assert_mixed(body["results"])


async def test_an_items_error_is_a_problem_without_an_id_of_its_own(client: Client) -> None:
    body = (await client.post("/predict/batch", files=MIXED)).json()
    assert body["results"][1]["error"] == {
        "type": "/problems/image-rejected",
        "title": "Image rejected",
        "status": 422,
        "detail": "The file is plain text, not a picture; it begins with 'no image'. Replace it by the picture itself.",
        "reason": "not-an-image",
    }


async def test_lines_are_streamed_one_a_result(client: Client) -> None:
    response = await client.post("/predict/batch", files=MIXED, headers=LINES)
    assert response.headers["content-type"] == "application/jsonl"
    assert_mixed([json.loads(line) for line in response.text.splitlines()])


@pytest.mark.parametrize("accept", ["application/jsonl;q=0", "application/json", "*/*", ""])
async def test_without_asking_for_lines_the_answer_is_one_object(client: Client, accept: str) -> None:
    response = await client.post("/predict/batch", files=MIXED, headers={"accept": accept})
    assert response.headers["content-type"] == "application/json"


async def test_a_zip_is_answered_in_its_order_without_system_files(client: Client) -> None:
    data = zip_of({"b/2.png": grey(2), "a/": b"", "__MACOSX/._2.png": b"", "a/1.txt": b"hi", "a/.DS_Store": b""})
    body = (await client.post("/predict/batch", content=data, headers=ZIP)).json()
    assert [one["filename"] for one in body["results"]] == ["b/2.png", "a/1.txt"]
    assert body["failed"] == 1


async def test_a_zip_is_streamed_as_well(client: Client) -> None:
    files = {f"{level}.png": grey(level) for level in range(0, 200, 2)}
    response = await client.post("/predict/batch", content=zip_of(files), headers={**ZIP, **LINES})
    found = [json.loads(line) for line in response.text.splitlines()]
    levels = [round(255 * one["predictions"][one["label"] == "dark"]["probability"]) for one in found]
    assert levels == list(range(0, 200, 2))


async def test_top_k_goes_for_every_item(client: Client) -> None:
    body = (await client.post("/predict/batch?top_k=1", files=MIXED)).json()
    assert [len(one["predictions"]) for one in body["results"] if "label" in one] == [1, 1]
    assert_problem(await client.post("/predict/batch?top_k=3", files=MIXED), "invalid-parameter")


async def test_an_image_over_the_limit_fails_alone_however_it_was_sent(serve: Serve) -> None:
    big = grey(1) + bytes(3000)
    async with serve(max_image_bytes=3000) as client:
        for sent in (
            await client.post("/predict/batch", files=form(("a.png", grey(1)), ("b.png", big))),
            await client.post("/predict/batch", content=zip_of({"a.png": grey(1), "b.png": big}), headers=ZIP),
        ):
            errors = [one.get("error", {}).get("reason") for one in sent.json()["results"]]
            assert errors == [None, "too-large"]


async def test_an_image_that_the_engine_fails_on_fails_alone(serve: Serve) -> None:
    async with serve(engine=FakeEngine(fails_on=66)) as client:
        files = form(*((f"{level}.png", grey(level)) for level in (65, 66, 67)))
        body = (await client.post("/predict/batch", files=files)).json()
    assert [one.get("error", {}).get("status") for one in body["results"]] == [None, 500, None]
    assert "fails as it was told" not in json.dumps(body)


async def test_more_images_than_the_limit_are_refused(serve: Serve) -> None:
    async with serve(max_batch_images=2) as client:
        files = form(*((f"{level}.png", grey(level)) for level in range(3)))
        assert_problem(await client.post("/predict/batch", files=files), "malformed-form")
        data = zip_of({f"{level}.png": grey(level) for level in range(3)})
        response = await client.post("/predict/batch", content=data, headers=ZIP)
        assert_problem(response, "archive-rejected", reason="too-many-entries")


async def test_a_part_without_a_file_name_is_not_left_out_in_silence(client: Client) -> None:
    files: list[tuple[str, tuple[str | None, bytes]]] = [("files", ("a.png", grey(0))), ("files", (None, b"text"))]
    assert_problem(await client.post("/predict/batch", files=files), "missing-file")


async def test_one_batch_more_than_the_limit_is_refused(serve: Serve) -> None:
    async with serve(max_evaluations=1) as client:
        with client.app.state.jobs.take():
            problem = assert_problem(await client.post("/predict/batch", files=MIXED), "overloaded")
        assert "1 batches and evaluations" in problem["detail"]
        assert (await client.post("/predict/batch", files=MIXED)).status_code == 200


async def test_files_of_a_zip_are_named_in_utf_8_if_they_can_be_and_else_as_the_zip_standard_says(
    client: Client,
) -> None:
    for name, encoding in (("ä/ő.png", "utf-8"), ("ä/ö.png", "cp437")):
        data = unmarked_zip_of({name.encode(encoding): grey(5)})
        body = (await client.post("/predict/batch", content=data, headers=ZIP)).json()
        assert [(one["filename"], one["label"]) for one in body["results"]] == [(name, "dark")]
