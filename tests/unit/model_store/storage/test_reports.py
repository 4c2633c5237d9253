import os
import signal
from collections.abc import Iterable
from multiprocessing import get_context
from pathlib import Path

import pytest

from model_store.errors import NameInvalid, ReportNotFound, VersionCorrupt
from model_store.storage.layout import EVALUATIONS_NAME
from model_store.storage.reports import ReportStore
from model_store.store import ModelStore
from tests.support.fakes import publish
from tests.unit.model_store.conftest import without_rights

FIRST, SECOND, THIRD = (f"01ARZ3NDEKTSV4RRFFQ69G5FA{last}" for last in "VWX")
WHOLE = ["json", "npz"]


@pytest.fixture(params=["beside the models", "elsewhere"])
def evaluations(request: pytest.FixtureRequest, tmp_path: Path) -> ReportStore:
    return ReportStore(tmp_path / "store", tmp_path / "reports" if request.param == "elsewhere" else None)


def test_a_report_comes_back_as_it_was_stored(evaluations: ReportStore) -> None:
    evaluations.put(FIRST, "shades", 3, '{"a": "ä"}')
    stored = evaluations.get(FIRST)
    assert (stored.id, stored.model, stored.version) == (FIRST, "shades", 3)
    assert stored.read() == {"a": "ä"}


def test_reports_are_listed_newest_first(evaluations: ReportStore) -> None:
    for one, model in ((SECOND, "b"), (FIRST, "a"), (THIRD, "a")):
        evaluations.put(one, model, 1, "{}")
    assert [stored.id for stored in evaluations.newest()] == [THIRD, SECOND, FIRST]
    assert [stored.id for stored in evaluations.newest(model="a")] == [THIRD, FIRST]
    assert [stored.id for stored in evaluations.newest(limit=1)] == [THIRD]


def test_a_place_without_reports_lists_none(evaluations: ReportStore) -> None:
    assert evaluations.newest() == []


@pytest.mark.parametrize("hostile", ["", "*", "../x", "x" * 300, FIRST.lower(), f"{FIRST}\n", f"{FIRST[:-1]}?", "\0"])
def test_a_hostile_id_is_no_report(evaluations: ReportStore, hostile: str) -> None:
    evaluations.put(FIRST, "shades", 1, "{}")
    with pytest.raises(ReportNotFound):
        evaluations.get(hostile)
    with pytest.raises(ReportNotFound):
        evaluations.put(hostile, "shades", 1, "{}")


@pytest.mark.parametrize("model", ["..", "a/b", "", ".staging-x"])
def test_a_hostile_model_is_refused(evaluations: ReportStore, model: str) -> None:
    with pytest.raises(NameInvalid):
        evaluations.put(FIRST, model, 1, "{}")
    assert evaluations.newest(model=model) == []


def test_what_is_no_report_of_a_version_is_not_listed(tmp_path: Path) -> None:
    evaluations = ReportStore(tmp_path, tmp_path)
    path = evaluations.put(FIRST, "shades", 1, "{}").path
    for folder in ("shades/01", "shades/x", "shades/٣", "lost+found/1", ".staging-1/1"):
        (tmp_path / folder).mkdir(parents=True)
        (tmp_path / folder / f"{SECOND}.json").touch()
    path.with_name("notes.json").touch()
    assert [stored.id for stored in evaluations.newest()] == [FIRST]


@pytest.mark.parametrize("text", ["", "[]", "{", "[" * 100_000])
def test_a_damaged_report_is_corrupt(evaluations: ReportStore, text: str) -> None:
    stored = evaluations.put(FIRST, "shades", 1, text)
    with pytest.raises(VersionCorrupt):
        stored.read()


def test_a_report_that_is_a_directory_or_gone_is_said_to_be(evaluations: ReportStore) -> None:
    stored = evaluations.put(FIRST, "shades", 1, "{}")
    stored.path.unlink()
    with pytest.raises(ReportNotFound):
        stored.read()
    stored.path.mkdir()
    with pytest.raises(VersionCorrupt):
        stored.read()


def test_a_summary_is_read_while_the_report_is_as_it_was(evaluations: ReportStore) -> None:
    stored = evaluations.put(FIRST, "shades", 1, '{"a": 1}')
    assert stored.read_summary(stored.state()) is None
    stored.write_summary(stored.state(), {"images": 2})
    assert stored.read_summary(stored.state()) == {"images": 2}
    assert evaluations.newest() == [stored]
    stored.path.write_text('{"a": 123}')
    assert stored.read_summary(stored.state()) is None


@pytest.mark.parametrize("text", ["", "{", "[]", '{"of": [1, 2]}', '{"of": null, "summary": 3}', "\0"])
def test_a_damaged_summary_is_none(evaluations: ReportStore, text: str) -> None:
    stored = evaluations.put(FIRST, "shades", 1, "{}")
    stored.path.with_suffix(".summary").write_text(text)
    assert stored.read_summary(stored.state()) is None


def test_the_summary_of_a_report_that_was_removed_is_pruned_once_it_is_old(tmp_path: Path) -> None:
    store, reports = ModelStore(tmp_path), ReportStore(tmp_path)
    publish(tmp_path)
    kept, removed = (reports.put(one, "shades", 1, "{}") for one in (FIRST, SECOND))
    for one in (kept, removed):
        one.write_summary(one.state(), {})
        os.utime(one.path.with_suffix(".summary"), times=(0, 0))
    removed.path.unlink()
    with pytest.raises(ReportNotFound):
        removed.state()
    assert store.prune("shades") == [f"{SECOND}.summary"]
    assert kept.read_summary(kept.state()) == {}


def test_whether_a_report_could_be_stored_is_known_without_a_trace(open_place: Path) -> None:
    evaluations = ReportStore(open_place)
    assert evaluations.is_writable("shades")
    assert os.listdir(open_place) == []  # noqa: PTH208  names only
    open_place.chmod(0o555)
    with without_rights():
        assert not evaluations.is_writable("shades")


def test_a_report_that_could_not_be_read_again_is_not_stored(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("model_store.storage.reports.MAX_DOCUMENT_BYTES", 10)
    with pytest.raises(OSError, match="more than 10 bytes"):
        ReportStore(tmp_path).put("01M86MH2QNWRFE3XQB7RD9WPWK", "m", 1, '{"a": "longer than that"}')
    assert list(tmp_path.rglob("*.json")) == []


def _put_and_die(store: Path, flushes: int) -> None:
    """Store a report and be killed after so many files and folders were flushed to the disk."""
    real, left = os.fsync, iter(range(flushes))

    def flush(handle: int) -> None:
        if next(left, None) is None:
            os.kill(os.getpid(), signal.SIGKILL)
        real(handle)

    pytest.MonkeyPatch().setattr(os, "fsync", flush)
    ReportStore(store).put(FIRST, "shades", 1, "{}", b"records")


def _kinds(names: Iterable[str]) -> list[str]:
    return sorted(f"half of {name.split('.')[2]}" if name.startswith(".") else name.split(".")[1] for name in names)


@pytest.mark.parametrize(
    ("flushes", "left"),
    [
        (0, []),  # the folders are being made
        (1, []),
        (2, ["half of npz"]),
        (3, ["npz"]),
        (4, ["half of json", "npz"]),
        (5, WHOLE),
    ],
)
def test_what_a_killed_writer_left_of_a_report_is_pruned_once_it_is_old(
    tmp_path: Path, flushes: int, left: list[str]
) -> None:
    store, place = ModelStore(tmp_path), publish(tmp_path).directory.parent / EVALUATIONS_NAME / "1"
    process = get_context("fork").Process(target=_put_and_die, args=(tmp_path, flushes))
    process.start()
    process.join()
    assert process.exitcode == -signal.SIGKILL
    paths = list(place.glob("*"))
    assert _kinds(path.name for path in paths) == left
    assert store.prune("shades") == []
    for path in paths:
        os.utime(path, times=(0, 0))
    assert _kinds(store.prune("shades")) == (left if left != WHOLE else [])
    assert [path.is_file() for path in paths] == [left == WHOLE] * len(paths)
    assert [one.read_records() for one in ReportStore(tmp_path).newest()] == [b"records"] * (left == WHOLE)


def test_what_a_killed_writer_left_is_removed_wherever_reports_are(evaluations: ReportStore) -> None:
    kept = evaluations.put(FIRST, "shades", 1, "{}", b"records").path
    left = [kept.with_name(f".{SECOND}.json.0123abcd"), kept.with_name(f"{THIRD}.npz")]
    young = kept.with_name(f".{THIRD}.json.0123abcd")
    for path in (*left, young):
        path.touch()
    for path in (*left, kept):
        os.utime(path, (0, 0))
    assert evaluations.remove_abandoned("shades") == sorted(path.name for path in left)
    assert {path.name for path in kept.parent.iterdir()} == {kept.name, f"{FIRST}.npz", young.name}
    assert evaluations.remove_abandoned("other") == []
