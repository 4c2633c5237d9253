"""`POST /evaluate` and the reports that are kept: every entry of the zip is somewhere in the answer."""

import json
from pathlib import Path
from typing import Any

import pytest
from starlette.concurrency import run_in_threadpool

from model_store.images.examination import Examined, examine
from tests.api.conftest import Client, Serve
from tests.support.fakes import FakeEngine, grey, publish, unmarked_zip_of, zip_of
from tests.support.problem_shape import assert_problem

ZIP = {"content-type": "application/zip"}
LINES = {"accept": "application/jsonl"}
FILES = {
    "test/": b"",
    "test/dark/": b"",
    "test/dark/1.png": grey(5),
    "test/dark/2.png": grey(250),
    "test/dark/3.png": grey(9)[:-30],
    "test/light/4.png": grey(250),
    "test/light/5": grey(251),
    "test/grey/6.png": grey(120),
    "test/dark/notes.txt": b"hello",
    "test/.DS_Store": b"",
    "__MACOSX/test/dark/._1.png": b"",
    "stray.png": grey(1),
}


async def evaluate(client: Client, files: dict[str, bytes], query: str = "") -> dict[str, Any]:
    response = await client.post(f"/evaluate{query}", content=zip_of(files), headers=ZIP)
    assert response.status_code == 200, response.text
    assert "inference;dur=" in response.headers["server-timing"]
    body: dict[str, Any] = response.json()
    return body


async def evaluate_by_lines(client: Client, files: dict[str, bytes]) -> list[dict[str, Any]]:
    response = await client.post("/evaluate", content=zip_of(files), headers=ZIP | LINES)
    assert response.status_code == 200, response.text
    assert response.headers["content-type"] == "application/jsonl"
    return [json.loads(line) for line in response.text.splitlines()]


async def test_every_entry_of_the_zip_is_accounted_for(client: Client) -> None:
    report = await evaluate(client, FILES)
    assert report["accounting"] == {
        "entries": len(FILES), "directories": 2, "ignored": 4, "images": 6, "scored": 5, "unreadable": 1, "damaged": 0,
    }  # fmt: skip
    assert report["confusion_matrix"] == {
        "rows": ["dark", "light", "grey"],
        "columns": ["dark", "light", "unreadable"],
        "counts": [[1, 1, 1], [0, 2, 0], [1, 0, 0]],
    }


async def test_what_is_left_out_is_named_with_its_reason(client: Client) -> None:
    report = await evaluate(client, FILES)
    assert [(one["path"], one["label"], one["reason"]) for one in report["excluded"]] == [
        ("test/dark/3.png", "dark", "truncated")
    ]
    assert {one["path"]: one["reason"] for one in report["ignored"]} == {
        "test/dark/notes.txt": "not-an-image",
        "test/.DS_Store": "system-file",
        "__MACOSX/test/dark/._1.png": "system-file",
        "stray.png": "unlabelled",
    }


async def test_figures_are_over_the_scored_files_of_known_labels(client: Client) -> None:
    report = await evaluate(client, FILES)
    assert report["metrics"]["accuracy"]["value"] == 0.75
    assert report["positive"] is None
    assert [(one["path"], one["predicted"]) for one in report["misclassified"]] == [("test/dark/2.png", "light")]


async def test_a_label_without_files_has_a_row_of_zeros_and_figures_that_are_not_defined(client: Client) -> None:
    report = await evaluate(client, {"dark/1.png": grey(1)})
    assert report["confusion_matrix"]["counts"] == [[1, 0, 0], [0, 0, 0]]
    assert report["per_label"][1]["recall"] == {"value": None, "low": None, "high": None}
    assert report["metrics"]["roc_auc"] is None


async def test_the_positive_label_is_reported_at_its_threshold(serve: Serve, store: Path) -> None:
    publish(store, positive="light", threshold=0.99)
    async with serve() as client:
        report = await evaluate(client, FILES)
    assert report["positive"]["label"] == "light"
    assert report["positive"]["threshold"] == 0.99
    assert report["positive"]["true_positives"] + report["positive"]["false_negatives"] == 2


async def test_a_form_is_evaluated_as_a_raw_body_is(client: Client) -> None:
    raw = await evaluate(client, FILES)
    form = (await client.post("/evaluate", files={"file": ("set.zip", zip_of(FILES))})).json()
    assert form["archive"] == raw["archive"] | {"filename": "set.zip"}
    assert form["confusion_matrix"] == raw["confusion_matrix"]


async def test_lines_tell_the_progress_and_the_last_one_holds_the_report(client: Client) -> None:
    events = await evaluate_by_lines(client, FILES)
    assert {one["event"] for one in events[:-1]} == {"progress"}
    done = [one["done"] for one in events[:-1]]
    assert done == sorted(set(done))
    assert (done[0], done[-1]) == (0, 6)
    assert {one["total"] for one in events[:-1]} == {6}
    report = events[-1]["report"]
    assert events[-1] == {"event": "report", "report": report}
    assert report == (await client.get(f"/evaluations/{report['id']}")).json()
    own = {"id", "created"}
    alone = await evaluate(client, FILES)
    assert {name: report[name] for name in report.keys() - own} == {name: alone[name] for name in alone.keys() - own}


async def test_progress_is_told_while_files_are_evaluated(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.api.routes.evaluate.PROGRESS_EVERY_S", 0.01)
    async with serve(engine=FakeEngine(delay_s=0.02), max_batch_size=1, max_in_flight=1) as client:
        events = await evaluate_by_lines(client, {f"dark/{number}.png": grey(number) for number in range(10)})
    done = [one["done"] for one in events[:-1]]
    assert len(done) >= 5
    assert done[-1] == 10


async def test_a_failure_under_way_is_the_last_line(serve: Serve) -> None:
    async with serve(engine=FakeEngine(fails_on=66)) as client:
        files = {**{f"dark/{number}.png": grey(number) for number in range(20)}, "light/66.png": grey(66)}
        events = await evaluate_by_lines(client, files)
        problem = events[-1]["problem"]
        assert problem["type"] == "/problems/inference-failed"
        assert problem["status"] == 500
        assert len(problem["instance"]) == 26
        assert (await client.get("/evaluations")).json() == {"evaluations": []}


async def test_what_is_refused_as_a_whole_is_a_problem_however_it_is_asked_for(client: Client) -> None:
    response = await client.post("/evaluate", content=b"no zip", headers=ZIP | LINES)
    assert_problem(response, "archive-rejected")


async def test_a_report_is_kept_and_read_back_as_it_was_sent(client: Client) -> None:
    report = await evaluate(client, FILES)
    assert report["stored"]
    assert (await client.get(f"/evaluations/{report['id']}")).json() == report


async def test_reports_are_listed_newest_first_up_to_the_limit(client: Client) -> None:
    ids = [(await evaluate(client, {"dark/1.png": grey(level)}))["id"] for level in (1, 2, 3)]
    listed = (await client.get("/evaluations")).json()["evaluations"]
    assert [one["id"] for one in listed] == sorted(ids, reverse=True)
    assert [one["accuracy"] for one in listed] == [1.0, 1.0, 1.0]
    newest = (await client.get("/evaluations?limit=1&model=shades")).json()["evaluations"]
    assert [one["id"] for one in newest] == [max(ids)]


@pytest.mark.parametrize("query", ["limit=0", "limit=1001", "limit=x"])
async def test_an_impossible_limit_is_refused(client: Client, query: str) -> None:
    assert_problem(await client.get(f"/evaluations?{query}"), "invalid-parameter")


async def test_reports_of_an_unknown_model_are_not_listed(client: Client) -> None:
    assert_problem(await client.get("/evaluations?model=other"), "model-not-found", available=["shades"])


async def test_one_damaged_report_does_not_hide_the_others(
    client: Client, store: Path, caplog: pytest.LogCaptureFixture
) -> None:
    good, bad = [(await evaluate(client, {"dark/1.png": grey(1)}))["id"] for _ in range(2)]
    (path,) = await run_in_threadpool(lambda: list(store.rglob(f"{bad}.json")))
    path.write_text('{"created": 1}')
    listed = (await client.get("/evaluations")).json()["evaluations"]
    assert [one["id"] for one in listed] == [good]
    assert f"{bad}.json cannot be read" in caplog.text


async def test_reports_can_be_kept_in_a_directory_of_their_own(serve: Serve, store: Path, tmp_path: Path) -> None:
    async with serve(evaluations_dir=tmp_path / "reports") as client:
        report = await evaluate(client, FILES)
        assert (await client.get(f"/evaluations/{report['id']}")).json() == report
    assert (tmp_path / "reports" / "shades" / "1" / f"{report['id']}.json").is_file()
    assert not (store / "shades" / "evaluations").exists()


async def test_where_nothing_can_be_written_the_report_is_sent_all_the_same(
    serve: Serve, store: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (store / "shades" / "evaluations").write_text("a file in the way: root may write into any directory")
    async with serve() as client:
        assert "reports of shades will be sent but not stored" in caplog.text
        report = await evaluate(client, FILES)
    assert report["stored"] is False
    assert report["accounting"]["images"] == 6


async def test_the_archive_is_described(client: Client) -> None:
    report = await evaluate(client, FILES, "?model=shades&version=1")
    assert report["archive"]["bytes"] == len(zip_of(FILES))
    assert len(report["archive"]["sha256"]) == 64
    assert (report["model"], report["version"]) == ("shades", 1)


@pytest.fixture
def two_versions(store: Path) -> Path:
    """Return a store with a second version, which calls light what is lighter than a fifth."""
    publish(store, positive="light", threshold=0.2)
    return store


MIDDLE = {
    "dark/1.png": grey(5),
    "dark/2.png": grey(100),  # light to the second version only
    "dark/3.png": grey(120),  # as well
    "dark/broken.png": grey(9)[:-30],
    "light/4.png": grey(250),
    "light/5.png": grey(110),  # dark to the first version only
    "owl/6.png": grey(100),
}


async def test_two_versions_are_compared_on_the_same_files(serve: Serve, two_versions: Path) -> None:
    async with serve(store=two_versions) as client:
        alone = await evaluate(client, MIDDLE, "?version=1")
        report = await evaluate(client, MIDDLE, "?version=2&against=1")
        assert report == (await client.get(f"/evaluations/{report['id']}")).json()
    comparison = report["comparison"]
    assert (report["version"], comparison["against"]) == (2, 1)
    assert comparison["confusion_matrix"] == alone["confusion_matrix"]
    assert comparison["metrics"] == alone["metrics"]
    assert comparison["paired"] == {"both_right": 2, "only_this": 1, "only_against": 2, "both_wrong": 0}
    assert comparison["p_value"] == 1.0
    assert [(one["path"], one["actual"], one["this"], one["against"]) for one in comparison["flips"]] == [
        ("dark/2.png", "dark", "light", "dark"),
        ("dark/3.png", "dark", "light", "dark"),
        ("light/5.png", "light", "light", "dark"),
    ]
    assert comparison["verdict"].startswith(
        "They cannot be told apart on these files: version 2 alone is right on 1 of 5"
    )


async def test_a_version_compared_with_itself_has_no_flips(client: Client) -> None:
    comparison = (await evaluate(client, FILES, "?against=1"))["comparison"]
    assert comparison["flips"] == []
    assert comparison["verdict"] == "On 4 files both are right on the same ones."


async def test_without_another_version_a_report_has_no_comparison(client: Client) -> None:
    assert "comparison" not in await evaluate(client, FILES)


async def test_each_file_is_decoded_once_for_both_versions(
    serve: Serve, two_versions: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    decoded: list[bytes] = []

    def counting(data: bytes, *args: Any, **kwargs: Any) -> Examined:  # noqa: ANN401  as `examine`
        decoded.append(data)
        return examine(data, *args, **kwargs)

    monkeypatch.setattr("app.inference.pipeline.examine", counting)
    monkeypatch.setattr("app.reports.evaluator.add_thumbnails", lambda *_: None)  # they decode once more
    async with serve(store=two_versions) as client:
        await evaluate(client, MIDDLE, "?against=1")
    assert sorted(decoded) == sorted(MIDDLE.values())


@pytest.mark.parametrize(
    ("query", "problem"), [("?against=7", "version-not-found"), ("?against=0", "invalid-parameter")]
)
async def test_a_version_that_is_not_there_is_said_before_the_archive_is_taken(
    client: Client, query: str, problem: str
) -> None:
    assert_problem(await client.post(f"/evaluate{query}", content=b"no zip", headers=ZIP), problem)


async def test_versions_with_other_labels_are_not_compared(serve: Serve, store: Path) -> None:
    publish(store, labels=("dark", "bright"))
    async with serve(store=store) as client:
        response = await client.post("/evaluate?against=1", content=zip_of(FILES), headers=ZIP)
        assert_problem(response, "invalid-parameter")
        assert "version 2 has other labels; not in both: bright, light" in response.json()["detail"]


async def test_a_report_says_how_names_folders_and_labels_were_read(client: Client) -> None:
    files = {"set/Dark/ä.png": grey(5), "set/dark/2.png": grey(250), "set/light/3.png": grey(250)}
    names = {path.encode("cp850"): data for path, data in files.items()}
    response = await client.post("/evaluate", content=unmarked_zip_of(names), headers=ZIP)
    report = response.json()
    assert report["interpretation"] == {
        "wrapper": "set",
        "encoding": "cp437",
        "matched": [{"folder": "Dark", "label": "dark", "files": 1}],
        "labels_file": None,
        "layout": "labels",
        "parts": [],
        "labels": ["dark", "light"],
        "unlabelled": 0,
    }
    assert report["confusion_matrix"]["rows"] == ["dark", "light"]
    assert report["confusion_matrix"]["counts"] == [[1, 1, 0], [0, 1, 0]]
    assert (await client.get(f"/evaluations/{report['id']}")).json() == report


async def test_parts_are_looked_through_and_said(client: Client) -> None:
    files = {f"{part}/{label}/1.png": grey(5) for part in ("seg_train", "seg_test") for label in ("dark", "light")}
    report = await evaluate(client, files | {"seg_pred/1.png": grey(1)})
    assert report["confusion_matrix"]["rows"] == ["dark", "light"]
    assert report["interpretation"]["layout"] == "splits"
    assert report["interpretation"]["parts"] == [
        {"folder": "seg_test", "split": "test", "files": 2},
        {"folder": "seg_train", "split": "train", "files": 2},
    ]
    assert report["ignored"] == [{"path": "seg_pred/1.png", "reason": "unlabelled"}]


async def test_thumbnails_of_a_system_and_masks_are_no_pictures_of_a_label(client: Client) -> None:
    pictures = {"dark/images/1.png": grey(5), "light/images/2.png": grey(250)}
    others = {"dark/@eaDir/1.png/SYNOPHOTO_THUMB_M.jpg": grey(5, "JPEG"), "dark/masks/1.png": grey(255)}
    report = await evaluate(client, pictures | others | {"#recycle/light/3.png": grey(9)})
    assert report["accounting"]["images"] == 2
    assert {file["path"].partition("/1")[0]: file["reason"] for file in report["ignored"]} == {
        "dark/@eaDir": "system-file",
        "dark/masks": "mask",
        "#recycle/light/3.png": "system-file",
    }


async def test_a_zip_without_a_label_of_the_model_is_refused_with_its_folders_and_the_labels(client: Client) -> None:
    files = {"train/0/1.png": grey(5), "train/1/2.png": grey(250)}
    response = await client.post("/evaluate", content=zip_of(files), headers=ZIP)
    assert_problem(response, "archive-rejected", reason="no-known-label")
    assert "None of the folders 0, 1" in response.json()["detail"]
    assert "dark, light" in response.json()["detail"]


async def test_two_readings_are_asked_about_and_the_query_answers(client: Client) -> None:
    files = {f"{outer}/{inner}/1.png": grey(5) for outer in ("dark", "light") for inner in ("dark", "light")}
    response = await client.post("/evaluate", content=zip_of(files), headers=ZIP)
    assert_problem(response, "archive-rejected", reason="ambiguous-layout")
    assert "?layout=splits" in response.json()["hint"]
    counts = [(await evaluate(client, files, f"?layout={layout}"))["per_label"] for layout in ("splits", "labels")]
    assert [[label["files"] for label in labels] for labels in counts] == [[2, 2], [2, 2]]
    assert_problem(await client.post("/evaluate?layout=both", content=b"", headers=ZIP), "invalid-parameter")


async def test_a_table_gives_the_labels_and_every_entry_is_accounted_for(client: Client) -> None:
    table = b"path;label\n1.png;dark\nsub\\2.png;LIGHT\nnowhere.png;light\n"
    report = await evaluate(
        client, {"1.png": grey(5), "sub/2.png": grey(250), "sub/3.png": grey(1), "labels.csv": table}
    )
    assert report["accounting"] == {
        "entries": 4, "directories": 0, "ignored": 2, "images": 2, "scored": 2, "unreadable": 0, "damaged": 0,
    }  # fmt: skip
    assert report["ignored"] == [
        {"path": "labels.csv", "reason": "labels-file"},
        {"path": "sub/3.png", "reason": "unlabelled"},
    ]
    assert report["interpretation"]["labels_file"] == {
        "path": "labels.csv",
        "rows": 3,
        "missing": ["nowhere.png"],
        "understood": [],
    }


async def test_a_table_that_contradicts_itself_is_refused_with_its_row(client: Client) -> None:
    files = {"1.png": grey(5), "labels.csv": b"path,label\n1.png,dark\n1.png,light\n"}
    response = await client.post("/evaluate", content=zip_of(files), headers=ZIP)
    assert_problem(response, "archive-rejected", reason="labels-file")
    assert "labels.csv, row 3: 1.png" in response.json()["detail"]
