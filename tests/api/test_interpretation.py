"""`POST /interpretation`: what a zip is recognised as from pieces of it is what the report will say of all of it."""

import random
from typing import Any

import httpx
import pytest

from tests.api.conftest import Client, Serve
from tests.support.fakes import grey, publish, zip_of
from tests.support.problem_shape import assert_problem

ZIP = {"content-type": "application/zip"}
LARGE = grey(5) + random.Random(0).randbytes(30_000)
LARGE_TABLE = b"path,label\n0.png,dark\n" + b"".join(
    random.Random(number).randbytes(20).hex().encode() + b",light\n" for number in range(400)
)
SETS: dict[str, dict[str, bytes]] = {
    "neat": {"dark/1.png": LARGE, "dark/2.png": LARGE, "light/1.png": LARGE, "light/2": grey(7)},
    "splits": {f"set/{split}/{label}/1.png": LARGE for split in ("train", "test") for label in ("dark", "light")},
    "table": {"labels.csv": b"path,label\n1.png,dark\n2.png,light\n3.png,grey\n", "1.png": LARGE, "2.png": LARGE},
    "other table": {"train.csv": b"id;kind\n1;dark\n2;light\n", "pictures/1.png": LARGE, "pictures/2.png": LARGE},
    "large table": {"labels.csv": LARGE_TABLE, **{f"{number}.png": LARGE for number in range(4)}},
    "masks": {"images/dark/1.png": LARGE, "masks/dark/1.png": LARGE, "__MACOSX/._1.png": b"-", "notes.txt": b"-"},
    "misspelt": {"dark/1.png": LARGE, "ligth/1.png": LARGE, "ligth/2.png": LARGE, "0.png": LARGE},
    "other case": {"Dark/1.png": LARGE, "01_light/1.png": LARGE},
    "two readings": {"dark/light/1.png": LARGE, "light/dark/1.png": LARGE},
    "no label": {"cats/1.png": LARGE, "dogs/1.png": LARGE},
    "no image": {"dark/1.txt": b"-"},
}


async def interpret(client: Client, data: bytes, query: str = "", tail: int = 70_000) -> httpx.Response:
    """Send the end of a zip, and whatever is wanted then."""
    ranges = {(max(0, len(data) - tail), len(data))}
    for _ in range(8):
        form = [(str(start), ("piece", data[start:end])) for start, end in merged(ranges)]
        answer = await client.post(f"/interpretation?size={len(data)}{query}", files=form)
        wanted = answer.json().get("wanted", [])
        if not wanted:
            return answer
        ranges |= {(one["start"], one["end"]) for one in wanted}
    raise AssertionError("it wants ever more")


def merged(ranges: set[tuple[int, int]]) -> list[tuple[int, int]]:
    """Join ranges that overlap: no byte is sent twice."""
    joined: list[tuple[int, int]] = []
    for start, end in sorted(ranges):
        if joined and start <= joined[-1][1]:
            joined[-1] = joined[-1][0], max(end, joined[-1][1])
        else:
            joined.append((start, end))
    return joined


async def evaluated(client: Client, data: bytes, query: str = "") -> httpx.Response:
    return await client.post(f"/evaluate?{query}", content=data, headers=ZIP)


@pytest.mark.parametrize("name", SETS)
async def test_the_interpretation_is_that_of_the_report(name: str, client: Client) -> None:
    data = zip_of(SETS[name])
    for query in ("", "&layout=splits", "&layout=labels"):
        said, report = await interpret(client, data, query), await evaluated(client, data, query)
        assert said.status_code == report.status_code
        if said.status_code == 200:
            assert said.json()["recognised"]["interpretation"] == report.json()["interpretation"]
        else:
            assert {**said.json(), "instance": ""} == {**report.json(), "instance": ""}


@pytest.mark.parametrize("name", ["neat", "splits", "table", "other table", "masks", "misspelt", "other case"])
async def test_every_file_is_counted_as_the_report_counts_it(name: str, client: Client) -> None:
    data = zip_of(SETS[name])
    found, report = (await interpret(client, data)).json()["recognised"], (await evaluated(client, data)).json()
    assert found["images"] == sum(found["labels"].values()) + found["interpretation"]["unlabelled"]
    assert found["images"] + sum(found["ignored"].values()) == len(SETS[name])
    support = {one["label"]: one["files"] for one in report["per_label"] if one["files"]}
    assert found["labels"] == support
    assert len(found["unlabelled"]) == found["interpretation"]["unlabelled"]


async def test_files_that_were_not_looked_into_are_counted_once(client: Client) -> None:
    others = {f"dark/{number}": random.Random(1).randbytes(2_000) for number in range(300)}
    data = zip_of({"dark/1.png": LARGE, **others, "labels.csv": b"none", ".DS_Store": b"-"})
    said = (await interpret(client, data)).json()
    ignored = said["recognised"]["ignored"]
    assert ignored == {"system-file": 1, "not-an-image": 301 - said["unread"]}
    assert 0 < said["unread"] < 50


async def test_a_misspelt_folder_is_named_with_the_label_that_it_may_mean(client: Client) -> None:
    found = (await interpret(client, zip_of(SETS["misspelt"]))).json()["recognised"]
    assert found["unlabelled"] == ["ligth/1.png", "ligth/2.png", "0.png"]
    assert "2 of 4 files are under 'ligth', no label of the model; is it 'light'?" in found["summary"]


async def test_the_pictures_are_not_asked_for(client: Client) -> None:
    data = zip_of({"labels.csv": SETS["table"]["labels.csv"], **{f"{number}.png": LARGE for number in range(9)}})
    form = {str(len(data) - 70_000): ("piece", data[-70_000:])}
    body = (await client.post(f"/interpretation?size={len(data)}", files=form)).json()
    assert body["recognised"] is None
    form["0"] = ("piece", data[:2])
    wanted = (await client.post(f"/interpretation?size={len(data)}", files=form)).json()["wanted"]
    assert [(one["start"], one["whole"], one["end"] < 2_000) for one in wanted] == [(0, True, True)]


async def test_another_version_is_not_loaded_to_name_its_labels(serve: Serve) -> None:
    async with serve() as client:
        publish(client.app.state.settings.store, labels=("cats", "dogs"))
        answer = await interpret(client, zip_of(SETS["no label"]), "&version=2")
        assert answer.json()["recognised"]["labels"] == {"cats": 1, "dogs": 1}
        assert (await client.get("/models")).json()["models"][0]["loaded"] == [1]


async def test_a_whole_zip_may_be_sent_as_one_piece(client: Client) -> None:
    data = zip_of(SETS["neat"])
    answer = await client.post("/interpretation", files={"0": ("set.zip", data)})
    assert answer.json()["recognised"]["labels"] == {"dark": 2, "light": 2}


@pytest.mark.parametrize(
    ("form", "query", "name"),
    [
        ({"file": ("set.zip", b"PK")}, "", "malformed-form"),
        ({"0": ("a", b"PK..."), "3": ("b", b"PK")}, "", "malformed-form"),
        ({"7": ("a", b"PK...")}, "?size=9", "malformed-form"),
        ({"9" * 30: ("a", b"PK")}, "", "malformed-form"),
        ({"0": ("a", b"")}, "", "empty-body"),
        ({"0": ("a", b"PK")}, "?size=0", "invalid-parameter"),
        ({"0": ("a", b"PK")}, "?layout=both", "invalid-parameter"),
        ({"0": ("a", b"none")}, "", "archive-rejected"),
        ({"0": ("a", b"PK")}, "?version=9", "version-not-found"),
    ],
)
async def test_a_wrong_request_is_a_problem(form: Any, query: str, name: str, client: Client) -> None:  # noqa: ANN401
    assert_problem(await client.post(f"/interpretation{query}", files=form), name)


async def test_a_name_does_not_turn_the_sentence_of_a_problem_around(client: Client) -> None:
    table = b"path,label\n1.png,dark\n1.png,light\n"
    data = zip_of({"\u202elabels.csv": table, "1.png": LARGE})
    problem = assert_problem(await interpret(client, data), "archive-rejected")
    assert problem["detail"].startswith("\\u202elabels.csv, row 3: 1.png has the label 'light'")


async def test_a_zip_that_is_too_large_to_be_evaluated_is_refused_before_it_is_sent(serve: Serve) -> None:
    async with serve(max_archive_bytes=1_000) as client:
        form = {"0": ("a", b"PK")}
        assert_problem(await client.post("/interpretation?size=1001", files=form), "body-too-large", limit_bytes=1_000)


async def test_only_a_form_is_accepted(client: Client) -> None:
    assert_problem(await client.post("/interpretation", content=zip_of({}), headers=ZIP), "unsupported-media-type")


async def test_it_takes_no_place_of_an_evaluation(serve: Serve) -> None:
    async with serve(max_evaluations=1) as client:
        with client.app.state.interpretations.take():
            form = {"0": ("set.zip", zip_of(SETS["neat"]))}
            assert_problem(await client.post("/interpretation", files=form), "overloaded")
            assert (await evaluated(client, zip_of(SETS["neat"]))).status_code == 200
