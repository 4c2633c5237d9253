from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.event_files import record, simple, tensor, write_events
from training.curves.history import read_history
from training.curves.readers.records import fields, masked_checksum
from training.errors import HistoryInvalid

NAME = "events.out.tfevents.1700000000.host.1.0"


def falls(count: int, every: int = 1) -> dict[int, float]:
    return {step * every: 1 / (step + 1) for step in range(count)}


@pytest.mark.parametrize("form", [simple, tensor])
def test_the_folder_that_keras_writes_is_one_run(tmp_path: Path, form: Callable[[str, float], bytes]) -> None:
    right = {epoch: 0.5 + epoch / 8 for epoch in range(4)}
    write_events(tmp_path / "train" / NAME, {"epoch_loss": falls(4), "epoch_accuracy": right}, form)
    scalars = {"epoch_loss": falls(4), "evaluation_loss_vs_iterations": falls(9)}
    write_events(tmp_path / "validation" / NAME, scalars, form)
    epochs = read_history(tmp_path)
    assert [epoch.number for epoch in epochs] == [0, 1, 2, 3]
    assert [epoch.loss for epoch in epochs] == pytest.approx([1, 1 / 2, 1 / 3, 1 / 4])
    assert [epoch.val_loss for epoch in epochs] == pytest.approx([1, 1 / 2, 1 / 3, 1 / 4])
    assert [epoch.accuracy for epoch in epochs] == [0.5, 0.625, 0.75, 0.875]
    assert read_history(tmp_path / "train" / NAME) == epochs, "one file leads to those of the other split"
    assert read_history(tmp_path / "train") == epochs


def test_steps_are_assigned_to_the_epoch_that_was_logged_with_them(tmp_path: Path) -> None:
    scalars: dict[str, dict[int, float]] = {
        "train_loss_step": {4: 3.0, 9: 1.0, 14: 0.8, 19: 0.6},
        "val_loss": {9: 1.5, 19: 1.2},
        "epoch": {4: 0, 9: 0, 14: 1, 19: 1},
    }
    epochs = read_history(write_events(tmp_path / NAME, scalars))
    assert [(epoch.loss, epoch.val_loss) for epoch in epochs] == [(2, 1.5), (pytest.approx(0.7), pytest.approx(1.2))]


def test_parts_of_an_epoch_belong_to_it(tmp_path: Path) -> None:
    scalars = {
        "train/loss": {5: 4.0, 10: 2.0, 15: 1.0, 20: 1.0},
        "eval/loss": {10: 3.0, 20: 2.0},
        "eval/accuracy": {10: 0.5, 20: 0.75},
        "train/epoch": {5: 0.5, 10: 1.0, 15: 1.5, 20: 2.0},
    }
    epochs = read_history(write_events(tmp_path / NAME, scalars))
    assert [(epoch.loss, epoch.val_loss, epoch.val_accuracy) for epoch in epochs] == [(3, 3, 0.5), (1, 2, 0.75)]


def test_each_validation_ends_an_epoch_if_none_is_logged(tmp_path: Path) -> None:
    scalars = {"Loss/train": {step: float(8 - step) for step in range(8)}, "Loss/val": {3: 6.0, 7: 4.0}}
    epochs = read_history(write_events(tmp_path / NAME, scalars))
    assert [(epoch.loss, epoch.val_loss) for epoch in epochs] == [(6.5, 6), (2.5, 4)]


def test_a_file_that_is_still_written_is_read_up_to_its_last_whole_record(tmp_path: Path) -> None:
    path = write_events(tmp_path / NAME, {"loss": falls(5)})
    path.write_bytes(path.read_bytes()[:-7])
    assert len(read_history(path)) == 4


def test_a_resumed_run_goes_on_in_the_next_file(tmp_path: Path) -> None:
    write_events(tmp_path / NAME, {"loss": {0: 3.0, 1: 2.0}})
    write_events(tmp_path / NAME.replace("17000", "18000"), {"loss": {1: 1.5, 2: 1.0}})
    assert [epoch.loss for epoch in read_history(tmp_path)] == [3, 1.5, 1]


def test_two_runs_in_a_folder_are_named(tmp_path: Path) -> None:
    for run in ("first", "second"):
        write_events(tmp_path / run / "train" / NAME, {"epoch_loss": falls(3)})
    with pytest.raises(HistoryInvalid, match="2 runs: first, second"):
        read_history(tmp_path)


def test_events_without_a_loss_say_what_they_have(tmp_path: Path) -> None:
    with pytest.raises(HistoryInvalid, match="no training loss, only: fps, images_seen"):
        read_history(write_events(tmp_path / NAME, {"fps": falls(3), "images_seen": falls(3)}))


def test_a_record_that_is_not_a_message_is_damaged(tmp_path: Path) -> None:
    path = tmp_path / NAME
    path.write_bytes(record(b"\xff" * 20))
    with pytest.raises(HistoryInvalid, match="damaged event file"):
        read_history(path)


def test_the_checksum_is_that_of_the_standard() -> None:
    crc = 0xE3069283  # of "123456789", as RFC 3720 lists it for CRC-32C
    assert masked_checksum(b"123456789") == (((crc >> 15) | (crc << 17)) + 0xA282EAD8) & 0xFFFFFFFF


def test_fields_of_every_wire_type_are_passed_over() -> None:
    message = b"\x08\x96\x01" + b"\x11" + bytes(8) + b"\x1a\x02hi" + b"\x25" + bytes(4)
    assert list(fields(message)) == [(1, 150), (2, bytes(8)), (3, b"hi"), (4, bytes(4))]
