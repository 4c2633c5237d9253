"""The demo's held-out set: the same everywhere, in proportion, and no part of training's."""

from pathlib import Path

import pytest

from scripts.demo.cells import LABELS, choose_held_out, data_directory, lay_out, read_labels


@pytest.fixture(scope="module")
def labels() -> dict[Path, str]:
    return read_labels(data_directory())


def test_158_of_2624_cells_are_held_out_in_proportion(labels: dict[Path, str]) -> None:
    held_out = choose_held_out(labels)
    assert len(labels) == 2624
    assert {label: sum(labels[path] == label for path in held_out) for label in LABELS} == {
        "functional": 109,
        "defective": 49,
    }


def test_what_is_held_out_depends_on_the_bytes_alone(tmp_path: Path) -> None:
    chosen = []
    for order in (range(10), reversed(range(10))):
        folder = tmp_path / str(order)
        folder.mkdir()
        paths = [folder / f"{place}.png" for place in range(10)]
        for path, content in zip(paths, order, strict=True):
            path.write_bytes(bytes([content]))
        held_out = choose_held_out(dict.fromkeys(paths, "one"), count=4)
        chosen.append({path.read_bytes() for path in held_out})
    assert chosen[0] == chosen[1]


def test_no_cell_is_both_in_training_and_held_out(tmp_path: Path) -> None:
    cells = lay_out(tmp_path)
    train, test = ({path.name for path in (cells.folder / part).glob("*/*")} for part in ("train", "test"))
    assert (len(train), len(test)) == (2624 - 158, 158)
    assert not train & test
    assert not any(path.is_symlink() for path in cells.folder.rglob("*"))


def test_the_archive_is_the_same_every_time(tmp_path: Path) -> None:
    first, second = (lay_out(tmp_path / name) for name in ("first", "second"))
    assert first.archive.read_bytes() == second.archive.read_bytes()
