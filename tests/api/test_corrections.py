"""`POST /evaluate` with a file of corrections: figures before and after, and a state for every row."""

from typing import Any

import httpx
import pytest

from tests.api.conftest import Client
from tests.support.fakes import FakeEngine, grey, zip_of
from tests.support.problem_shape import assert_problem

FILES = {
    "test/dark/1.png": grey(5),
    "test/dark/2.png": grey(250),  # light, under a wrong label
    "test/dark/3.png": grey(251),  # as well
    "test/dark/4.png": grey(120),  # not usable
    "test/light/5.png": grey(252),
    "test/light/6.png": grey(9),  # dark, under a wrong label
    "test/owl/7.png": grey(200),
    "test/notes.txt": b"hello",
}
ROWS = (
    "test/dark/1.png,dark,dark,",
    "test/dark/2.png,dark,light,looks light",
    "dark/3.png,dark,LIGHT,below the wrapper",
    "test/dark/4.png,dark,,blurred",
    "test/light/5.png,dark,light,",
    "test/light/6.png,light,dark,",
    "test/owl/7.png,dark,light,",
    "test/none.png,dark,light,",
)
TRUE = {
    "test/dark/1.png": FILES["test/dark/1.png"],
    "test/light/2.png": FILES["test/dark/2.png"],
    "test/light/3.png": FILES["test/dark/3.png"],
    "test/light/5.png": FILES["test/light/5.png"],
    "test/dark/6.png": FILES["test/light/6.png"],
    "test/owl/7.png": FILES["test/owl/7.png"],
}
"""The same pictures as somebody would lay them out who moves the files instead."""


HEADER = "path,was,should_be,why"


def table(*rows: str) -> bytes:
    return "\n".join((HEADER, *rows)).encode()


async def send(
    client: Client, corrections: bytes | None, files: dict[str, bytes] = FILES, query: str = "", **headers: str
) -> httpx.Response:
    parts = {"file": ("set.zip", zip_of(files))}
    if corrections is not None:
        parts["corrections"] = ("corrections.csv", corrections)
    return await client.post(f"/evaluate{query}", files=parts, headers=headers)


async def report_of(client: Client, *arguments: Any, **options: Any) -> dict[str, Any]:  # noqa: ANN401  as `send`
    response = await send(client, *arguments, **options)
    assert response.status_code == 200, response.text
    body: dict[str, Any] = response.json()
    return body


async def test_every_row_has_a_state_and_the_figures_before_are_those_without_corrections(client: Client) -> None:
    report, before = await report_of(client, table(*ROWS)), await report_of(client, None)
    effect = report["corrections"]
    assert effect["states"] == {
        "applied": 3, "left-out": 1, "confirmed": 1, "already": 1, "not-found": 1, "conflict": 1,
    }  # fmt: skip
    assert effect["rows"] == sum(effect["states"].values()) == len(ROWS)
    assert [(one["row"], one["state"]) for one in effect["not_applied"]] == [(8, "conflict"), (9, "not-found")]
    for part in ("accounting", "confusion_matrix", "metrics"):
        assert effect["before"][part] == before[part]
    assert "corrections" not in before


async def test_the_figures_after_are_those_of_files_that_were_moved(client: Client) -> None:
    report, moved = await report_of(client, table(*ROWS)), await report_of(client, None, TRUE)
    for part in ("confusion_matrix", "metrics", "per_label", "intervals"):
        assert report[part] == moved[part]
    assert report["ignored"] == [
        {"path": "test/notes.txt", "reason": "not-an-image"},
        {"path": "test/dark/4.png", "reason": "not-usable"},
    ]
    assert report["accounting"]["entries"] == len(FILES)
    assert sum(map(sum, report["confusion_matrix"]["counts"])) == len(TRUE)
    assert report["archive"]["sha256"] != moved["archive"]["sha256"]


async def test_the_summary_says_what_they_changed(client: Client) -> None:
    summary = (await report_of(client, table(*ROWS)))["summary"]
    assert "Corrections changed 3 labels and left out 1 file: accuracy 50.0% before, 100.0% after." in summary
    assert "8 rows of corrections = 3 applied + 1 left-out + 1 confirmed + 1 already + 1 not-found + 1 conflict." in (
        summary
    )
    assert "Not applied, row 8: test/owl/7.png: the set's label is 'owl', not 'dark'." in summary


async def test_a_report_with_corrections_is_kept_and_shown_in_every_form(client: Client) -> None:
    report = await report_of(client, table(*ROWS))
    url = f"/evaluations/{report['id']}"
    assert (await client.get(url)).json() == report
    page = (await client.get(url, headers={"accept": "text/html"})).text
    assert "Before and after the corrections" in page
    assert page.count('class="matrix"') == 3
    lines = (await client.get(url, headers={"accept": "text/csv"})).text.splitlines()
    assert len(lines) == 1 + len(FILES)
    assert next(line for line in lines if line.startswith("test/dark/4.png")).endswith("ignored,not-usable")


async def test_the_list_of_reports_tells_those_with_corrections_from_the_others(client: Client) -> None:
    plain, corrected = await report_of(client, None), await report_of(client, table(*ROWS))
    listed = {one["id"]: one["corrections"] for one in (await client.get("/evaluations")).json()["evaluations"]}
    assert (listed[plain["id"]], listed[corrected["id"]]) == (None, "corrections.csv")


async def test_the_images_are_predicted_once(serve: Any) -> None:  # noqa: ANN401  a fixture
    engine = FakeEngine()
    async with serve(engine=engine) as client:
        engine.batches.clear()
        await report_of(client, table(*ROWS))
        assert sum(engine.batches) == len(FILES) - 1


async def test_a_comparison_is_about_the_corrected_labels(client: Client) -> None:
    report = await report_of(client, table(*ROWS), query="?against=1")
    assert report["comparison"]["confusion_matrix"] == report["confusion_matrix"]
    assert report["comparison"]["metrics"] == report["metrics"]


async def test_lines_tell_it_as_well(client: Client) -> None:
    response = await send(client, table(*ROWS), accept="application/jsonl")
    assert '"corrections":{"filename":"corrections.csv"' in response.text.splitlines()[-1]


async def test_a_header_alone_changes_nothing(client: Client) -> None:
    report, before = await report_of(client, table()), await report_of(client, None)
    assert report["metrics"] == before["metrics"] == report["corrections"]["before"]["metrics"]
    assert report["corrections"]["rows"] == 0


@pytest.mark.parametrize(
    ("corrections", "words", "hint"),
    [
        (
            table("test/dark/1.png,dark,lihgt,"),
            "row 2: 'lihgt' is no label of the model; is it 'light'?",
            "Correct the label in this row",
        ),
        (
            table("test/dark/1.png,dark,light,", "test/dark/1.png,dark,,"),
            "row 3: test/dark/1.png is not usable",
            "Keep the row that is right",
        ),
        (table("test/dark/1.png,dark"), "row 2: it ends before its column should_be", "Change the row"),
        (b"path,label\n1.png,dark\n", "lacks the columns was, should_be; its columns are path, label", HEADER),
        (b"", "it is empty", HEADER),
        (zip_of(FILES), "it is not text", "CSV UTF-8"),
    ],
)
async def test_corrections_that_cannot_be_right_are_refused_before_the_work(
    serve: Any,  # noqa: ANN401  a fixture
    corrections: bytes,
    words: str,
    hint: str,
) -> None:
    engine = FakeEngine()
    async with serve(engine=engine) as client:
        engine.batches.clear()
        problem = assert_problem(await send(client, corrections), "corrections-rejected")
        assert problem["detail"].startswith("corrections.csv")
        assert words in problem["detail"]
        assert hint in problem["hint"]
        assert engine.batches == []


async def test_corrections_as_text_or_twice_are_refused(client: Client) -> None:
    archive = ("file", ("set.zip", zip_of(FILES)))
    response = await client.post("/evaluate", files=[archive], data={"corrections": "path,was,should_be\n"})
    assert_problem(response, "missing-file")
    assert "'corrections'" in response.json()["detail"]
    corrections = ("corrections", ("c.csv", table()))
    for files in ([archive, archive], [corrections, corrections], [archive, ("other", ("c.csv", b"x"))]):
        response = await client.post("/evaluate", files=files)
        assert response.status_code == 400, response.text
