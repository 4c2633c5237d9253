"""Two stored reports side by side, whichever versions they are of, and whether these are still there."""

import json
import shutil
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from starlette.concurrency import run_in_threadpool

from app.errors import LabelsDiffer
from app.reports.comparing import names_of
from app.reports.schemas import ReportBody
from tests.api.conftest import Client, Serve
from tests.api.test_evaluate import MIDDLE as FILES
from tests.support.fakes import grey, publish, zip_of
from tests.support.problem_shape import assert_problem

ZIP = {"content-type": "application/zip"}


@pytest.fixture
async def client(serve: Serve, store: Path) -> AsyncIterator[Client]:
    """Serve two versions of a model, one with the same labels and one with others."""
    publish(store, positive="light", threshold=0.2)
    publish(store, "lamps", labels=("light", "dark"))
    publish(store, "birds", labels=("dark", "owl"))
    async with serve(models="shades,lamps,birds") as client:
        yield client


async def evaluate(client: Client, query: str, files: dict[str, bytes] = FILES) -> dict[str, Any]:
    response = await client.post(f"/evaluate?{query}", content=zip_of(files), headers=ZIP)
    assert response.status_code == 200, response.text
    body: dict[str, Any] = response.json()
    return body


async def compare(client: Client, this: dict[str, Any], against: dict[str, Any]) -> dict[str, Any]:
    response = await client.get(f"/evaluations/{this['id']}/comparison?against={against['id']}")
    assert response.status_code == 200, response.text
    body: dict[str, Any] = response.json()
    return body


async def test_two_reports_of_one_archive_compare_as_one_run_of_both_versions(client: Client) -> None:
    first, second = await evaluate(client, "version=1"), await evaluate(client, "version=2")
    found = await compare(client, second, first)
    assert found["comparison"] == (await evaluate(client, "version=2&against=1"))["comparison"]
    assert found["files"] == {"both": 7, "other_label": 0, "only_this": 0, "only_against": 0}
    for side, report in (("this", second), ("against", first)):
        head = {name: found[side][name] for name in report.keys() & found[side].keys()}
        assert head == {name: report[name] for name in head}
        assert {"id", "created", "model", "version", "archive", "accounting", "metrics"} <= head.keys()
    assert (found["confusion_matrix"], found["metrics"]) == (second["confusion_matrix"], second["metrics"])
    assert (found["this"]["threshold"], found["against"]["threshold"]) == (0.2, None)
    assert found["summary"] == ["7 image files are in both reports, which are of the same archive, byte for byte."]


async def test_only_files_of_one_path_and_one_label_are_compared(client: Client) -> None:
    first = await evaluate(client, "version=1")
    others = {f"set 2/{path}": data for path, data in FILES.items() if path not in {"dark/2.png", "owl/6.png"}}
    others |= {"set 2/dark/7.png": grey(3), "set 2/labels.csv": b"path,label\ndark/1.png,dark\ndark/3.png,light\n"}
    others["set 2/labels.csv"] += b"dark/7.png,dark\nlight/4.png,light\nlight/5.png,light\ndark/broken.png,dark\n"
    found = await compare(client, await evaluate(client, "version=2", others), first)
    assert found["files"] == {"both": 4, "other_label": 1, "only_this": 1, "only_against": 2}
    assert found["other_label"] == [{"path": "set 2/dark/3.png", "this": "light", "against": "dark"}]
    assert (found["only_this"], found["only_against"]) == (["set 2/dark/7.png"], ["dark/2.png", "owl/6.png"])
    assert found["comparison"]["paired"] == {"both_right": 2, "only_this": 1, "only_against": 0, "both_wrong": 0}
    assert [flip["path"] for flip in found["comparison"]["flips"]] == ["set 2/light/5.png"]
    assert found["summary"][0].startswith(
        "4 image files are in both reports, going by their paths: the archives differ"
    )


async def test_a_flip_has_a_picture_where_either_report_has_one(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = await evaluate(client, "version=1")
    monkeypatch.setattr("app.reports.storing.dump_records", _without_thumbnails)
    second = await evaluate(client, "version=2")
    found = await compare(client, second, first)
    assert set(found["thumbnails"]) == {flip["path"] for flip in found["comparison"]["flips"]} != set()
    for address in found["thumbnails"].values():
        assert address.startswith(f"/evaluations/{first['id']}/thumbnails/")
        assert (await client.get(address)).headers["content-type"] == "image/jpeg"
    assert (await compare(client, second, second))["thumbnails"] == {}


def _without_thumbnails(records: Any) -> bytes:  # noqa: ANN401  the records
    from model_store.evaluation.records_file import dump_records

    records.thumbnails.clear()
    return dump_records(records)


async def test_versions_that_are_gone_are_compared_all_the_same(client: Client, store: Path) -> None:
    first, second = await evaluate(client, "version=1"), await evaluate(client, "version=2")
    found = await compare(client, second, first)
    await run_in_threadpool(shutil.rmtree, store / "shades" / "1")
    assert await compare(client, second, first) == found


async def test_a_report_is_compared_with_itself_and_says_so(client: Client) -> None:
    report = await evaluate(client, "version=1")
    found = await compare(client, report, report)
    assert found["summary"] == ["Both are the same report."]
    assert found["comparison"]["verdict"] == "On 5 files both are right on the same ones."
    assert found["comparison"]["flips"] == []


async def test_models_with_the_same_labels_are_compared_and_named(client: Client) -> None:
    shades, lamps = await evaluate(client, "model=shades&version=2"), await evaluate(client, "model=lamps")
    found = await compare(client, shades, lamps)
    assert (found["this"]["name"], found["against"]["name"]) == ("version 2 of shades", "version 1 of lamps")
    assert "version 2 of shades alone is right on" in found["comparison"]["verdict"]
    assert found["comparison"]["confusion_matrix"]["columns"] == ["light", "dark", "unreadable"]


async def test_models_with_other_labels_are_refused_in_words(client: Client) -> None:
    shades, birds = await evaluate(client, "model=shades"), await evaluate(client, "model=birds")
    response = await client.get(f"/evaluations/{shades['id']}/comparison?against={birds['id']}")
    assert_problem(response, "labels-differ")
    assert response.json()["detail"] == "The labels of the two models differ; not in both: light, owl."


def test_of_very_many_other_labels_some_are_named() -> None:
    assert str(LabelsDiffer([f"bird\n{number}" for number in range(8)])).endswith(r"bird\n3, bird\n4 and 3 more.")


@pytest.mark.parametrize("unknown", ["01J00000000000000000000000", "...", "*"])
async def test_a_report_that_is_not_there_is_said(client: Client, unknown: str) -> None:
    report = await evaluate(client, "version=1")
    for one, other in ((unknown, report["id"]), (report["id"], unknown)):
        response = await client.get(f"/evaluations/{one}/comparison", params={"against": other})
        assert_problem(response, "evaluation-not-found")
    assert_problem(await client.get(f"/evaluations/{report['id']}/comparison"), "invalid-parameter")


async def test_without_answers_for_each_file_nothing_can_be_compared(client: Client, store: Path) -> None:
    one, other = await evaluate(client, "version=1"), await evaluate(client, "version=2")
    (path,) = await run_in_threadpool(lambda: list(store.rglob(f"{other['id']}.npz")))
    url = f"/evaluations/{one['id']}/comparison?against={other['id']}"
    path.write_bytes(b"no records")
    assert_problem(await client.get(url), "model-unusable")
    path.unlink()
    assert_problem(await client.get(url), "records-missing")


async def test_reports_are_named_by_what_they_differ_in(client: Client) -> None:
    body = ReportBody.model_validate(await evaluate(client, "version=2"))
    later = body.created.replace(year=body.created.year + 1)
    cases: list[tuple[dict[str, Any], tuple[str, str]]] = [
        ({"model": "lamps"}, ("version 2 of shades", "version 2 of lamps")),
        ({"version": 1}, ("version 2", "version 1")),
        ({"id": "8", "created": later}, ("the older run", "the newer run")),
        ({"id": "0"}, ("the newer run", "the older run")),
        ({}, ("the report", "itself")),
    ]
    for changed, names in cases:
        assert names_of(body, body.model_copy(update=changed)) == names


async def test_what_keeps_a_comparison_from_being_fair_is_said(client: Client, store: Path) -> None:
    one, other = await evaluate(client, "version=2"), await evaluate(client, "version=2")
    (path,) = await run_in_threadpool(lambda: list(store.rglob(f"{other['id']}.json")))
    seen = [{"path": "dark/1.png", "label": "dark", "match": "exact"}]
    report = other | {"leakage": {"training_images": 5, "files": seen, "too_flat": 0, "without": None}}
    path.write_text(json.dumps(report | {"created": "2025-01-02T03:04:05Z"}))
    _, same_version, trained = (await compare(client, one, other))["summary"]
    assert same_version == "Both are of the same version: what differs is the files, or how they were computed."
    assert trained.startswith("The older run was trained on 1 file of its report")
