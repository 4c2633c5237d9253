"""One set in every layout and archive: audit, training and evaluation find the same labels and the same counts."""

import json
from collections import Counter
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from app.local.session import open_session
from app.settings import Settings
from model_store.errors import SetRejected
from tests.support.fakes import LABELS, FakeFactory, publish
from tests.support.layouts import ARCHIVES, LAYOUTS, SPLIT_LAYOUTS, Sample, lay_out, pack
from tests.support.pictures import opened, picture, write
from training.commands.audit import audit
from training.data.scan import scan
from training.data.source import open_source
from training.errors import DatasetInvalid

EACH = 10
SAMPLES = [
    Sample(2 * number + place, picture(2 * number + place), label, "test" if number % 5 == 0 else "train")
    for number in range(EACH)
    for place, label in enumerate(LABELS)
]
COUNTS = dict.fromkeys(LABELS, EACH)
SPLITS = Counter(sample.split for sample in SAMPLES)


async def opened_by_evaluate(store: Path, *sets: Path, **said: Any) -> list[dict[str, int]]:  # noqa: ANN401  passed on
    """Return the files that an evaluation of each set finds under each label."""
    settings = Settings(store=store)
    async with open_session(settings, make_engine=FakeFactory()) as session, AsyncExitStack() as stack:
        found = [session.open_set(data, stack, **said).labelled_set for data in sets]
        return [dict(Counter(image.label for image in one.images)) for one in found]


async def evaluated(data: Path, store: Path) -> dict[str, int]:
    """Return the files that the report of an evaluation counts under each label."""
    async with open_session(Settings(store=store), make_engine=FakeFactory()) as session:
        report = await session.evaluate(data)
    return {label.label: label.files for label in report.body.per_label}


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("store")
    publish(folder)
    return folder


@pytest.mark.parametrize("name", LAYOUTS)
async def test_every_reader_finds_the_same_in_every_layout_and_archive(tmp_path: Path, store: Path, name: str) -> None:
    root = lay_out(name, SAMPLES, tmp_path / "set")
    sets = [root, *(pack(root, suffix) for suffix in ARCHIVES)]
    assert await opened_by_evaluate(store, *sets) == [COUNTS] * len(sets)
    for data in sets:
        with open_source(data) as found:  # as audit and train do
            images = [file for file in scan(found.folder, None, found.labels_from).files if file.label is not None]
        assert Counter(file.label for file in images) == COUNTS
        assert Counter(file.split for file in images) == (SPLITS if name in SPLIT_LAYOUTS else {None: len(SAMPLES)})


@pytest.mark.parametrize("name", ["train.csv beside test.csv", "codes and their names", "a doubled wrapper"])
def test_the_audit_prints_what_training_uses(tmp_path: Path, name: str) -> None:
    archive = pack(lay_out(name, SAMPLES, tmp_path / "set"), ".tar.gz")
    told = json.loads(CliRunner().invoke(audit, [str(archive), "--format", "json"]).stdout)
    with opened(archive) as dataset:
        used = Counter(file.label for files in dataset.used.values() for file in files)
        assert sum(dataset.counts["test"].values()) == SPLITS["test"] or name not in SPLIT_LAYOUTS
    assert {label: counts["used"] for label, counts in told["accounting"]["labels"].items()} == used == COUNTS
    assert told["recognised"]["labels"] == sorted(LABELS)


async def test_parts_or_labels_is_a_question_unless_a_model_decides(tmp_path: Path, store: Path) -> None:
    root = tmp_path / "set"
    write(root, {f"{('north', 'south')[one.number % 3 % 2]}/{one.label}/{one.number}.png": one.data for one in SAMPLES})
    for data in (root, pack(root, ".zip")):
        with pytest.raises(DatasetInvalid, match="two parts or two labels"), opened(data):
            pass
        with opened(data, layout="splits") as dataset:
            assert dataset.labels == LABELS
        with opened(data, layout="labels") as dataset:
            assert dataset.labels == ("north", "south")
        assert await opened_by_evaluate(store, data) == [COUNTS]


async def test_two_tables_are_a_question_to_every_reader(tmp_path: Path, store: Path) -> None:
    root = write(tmp_path / "set", {f"{one.number}.png": one.data for one in SAMPLES})
    for name, shift in (("first.csv", 0), ("second.csv", 1)):
        rows = [f"{one.number},{LABELS[(LABELS.index(one.label) + shift) % 2]}" for one in SAMPLES]
        (root / name).write_text("\n".join(["id,kind", *rows]))
    for data in (root, pack(root, ".tar")):
        for wanted in ("first.csv", "second.csv"):
            with opened(data, labels_from=Path(wanted)) as dataset:
                assert dataset.labels == LABELS
            assert await opened_by_evaluate(store, data, labels_from=Path(wanted)) == [COUNTS]
        with pytest.raises(DatasetInvalid, match=r"first\.csv and second\.csv both give labels") as asked, opened(data):
            pass
        assert "--labels-from" in (asked.value.hint or "")
        with pytest.raises(SetRejected, match="both give labels"):
            await opened_by_evaluate(store, data)


async def test_a_table_is_data_of_every_command(tmp_path: Path, store: Path) -> None:
    root = lay_out("JSON lines with splits", SAMPLES, tmp_path / "set")
    table = root / "metadata.jsonl"
    assert await evaluated(table, store) == COUNTS
    with opened(table) as dataset:
        assert sum(dataset.counts["test"].values()) == SPLITS["test"]
    done = CliRunner(env={"COLUMNS": "250"}).invoke(audit, [str(table)])
    assert done.stdout.splitlines()[-1] == f"Next: fullcount train {table} --store models --model set"
