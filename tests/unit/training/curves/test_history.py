import csv
import json
import math
from pathlib import Path

import pytest

from training.curves.history import Epoch, History, read_history, read_with_notes, write_history
from training.errors import HistoryInvalid

KERAS = "epoch,accuracy,loss,val_accuracy,val_loss\n0,0.5,0.7,0.5,0.69\n1,0.75,0.6,0.625,0.65\n"
OURS: History = (
    Epoch(0, 0.7, 0.69, 0.5, 0.5, "head", 1e-3),
    Epoch(1, 0.6, None, 0.75, None, "head", None),
    Epoch(2, float("inf"), 0.1234567890123, None, 1 / 3, "fine-tune", 1e-5),
)


def write(folder: Path, text: str) -> Path:
    path = folder / "history.csv"
    path.write_text(text, encoding="utf-8")
    return path


def read(folder: Path, text: str) -> History:
    return read_history(write(folder, text))


def refused(folder: Path, text: str) -> HistoryInvalid:
    with pytest.raises(HistoryInvalid) as caught:
        read(folder, text)
    assert caught.value.hint
    assert "history.csv" in str(caught.value)
    return caught.value


def test_a_file_of_csv_logger_is_read(tmp_path: Path) -> None:
    expected = (Epoch(0, 0.7, 0.69, 0.5, 0.5), Epoch(1, 0.6, 0.65, 0.75, 0.625))
    assert read(tmp_path, KERAS) == expected


def test_what_was_written_is_read_back_the_same(tmp_path: Path) -> None:
    path = tmp_path / "history.csv"
    write_history(path, OURS)
    assert read_history(path) == OURS


@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_any_separator_will_do(tmp_path: Path, separator: str) -> None:
    assert read(tmp_path, KERAS.replace(",", separator)) == read(tmp_path, KERAS)


def test_decimal_commas_are_read_between_semicolons(tmp_path: Path) -> None:
    assert read(tmp_path, KERAS.replace(",", ";").replace(".", ",")) == read(tmp_path, KERAS)


@pytest.mark.parametrize(
    "name",
    ["acc", "binary_accuracy", "categorical_accuracy", "sparse_categorical_accuracy", "accuracy_1", "Accuracy"],
)
def test_the_names_that_keras_gives_accuracy_are_known(tmp_path: Path, name: str) -> None:
    assert read(tmp_path, KERAS.replace("accuracy", name)) == read(tmp_path, KERAS)


@pytest.mark.parametrize("name", ["lr", "learning_rate"])
def test_the_learning_rate_is_read_under_both_its_names(tmp_path: Path, name: str) -> None:
    assert read(tmp_path, f"epoch,loss,{name}\n0,1.5,0.001\n")[0].learning_rate == 0.001


def test_other_columns_and_their_order_do_not_matter(tmp_path: Path) -> None:
    rows = list(csv.reader(KERAS.splitlines()))
    turned = "\n".join(",".join([*reversed(row), "[1. 2.]" if place else "f1_score"]) for place, row in enumerate(rows))
    assert read(tmp_path, turned) == read(tmp_path, KERAS)


def test_na_is_a_value_that_is_missing(tmp_path: Path) -> None:
    epochs = read(tmp_path, "epoch,accuracy,loss,val_accuracy,val_loss\n0,0.5,0.7,NA,NA\n1,0.5,0.7,0.5,0.6\n")
    assert [epoch.val_loss for epoch in epochs] == [None, 0.6]


def test_nan_and_inf_are_values(tmp_path: Path) -> None:
    epochs = read(tmp_path, "epoch,loss,val_loss\n0,inf,0.5\n1,nan,nan\n")
    assert epochs[0].loss == math.inf
    assert math.isnan(epochs[1].loss)


def test_a_counter_that_starts_anew_goes_on_and_is_said(tmp_path: Path) -> None:
    read = read_with_notes(write(tmp_path, KERAS + "".join(KERAS.splitlines(keepends=True)[1:])))
    assert [epoch.number for epoch in read.history] == [0, 1, 2, 3]
    assert "line 4" in " ".join(read.notes)


def test_a_counter_that_goes_back_replaces_epochs_and_is_said(tmp_path: Path) -> None:
    read = read_with_notes(write(tmp_path, "epoch,loss\n0,3\n1,2\n2,9\n1,1.5\n2,1\n"))
    assert [(epoch.number, epoch.loss) for epoch in read.history] == [(0, 3), (1, 1.5), (2, 1)]
    assert "line 5" in " ".join(read.notes)


def test_a_second_header_may_name_other_columns(tmp_path: Path) -> None:
    read = read_with_notes(write(tmp_path, "epoch,loss\n0,3\nepoch,val_loss,loss\n1,4,2\n"))
    assert [(epoch.loss, epoch.val_loss) for epoch in read.history] == [(3, None), (2, 4)]
    assert "Line 3" in " ".join(read.notes)


def test_a_last_line_that_is_cut_off_is_left_out_and_said(tmp_path: Path) -> None:
    read = read_with_notes(write(tmp_path, KERAS + "2,0.8"))
    assert len(read.history) == 2
    assert "cut off" in " ".join(read.notes)


def test_epochs_counted_from_one_are_counted_from_zero_again(tmp_path: Path) -> None:
    assert [epoch.number for epoch in read(tmp_path, "epoch,loss\n1,3\n2,2\n")] == [0, 1]


def test_accuracy_in_per_cent_becomes_a_share(tmp_path: Path) -> None:
    read = read_with_notes(write(tmp_path, "epoch,loss,val_accuracy\n0,1,62.5\n1,1,75\n"))
    assert [epoch.val_accuracy for epoch in read.history] == [0.625, 0.75]
    assert "per cent" in " ".join(read.notes)


def test_a_byte_order_mark_does_no_harm(tmp_path: Path) -> None:
    assert read(tmp_path, "\ufeffloss\n0.5\n") == (Epoch(0, 0.5),)


@pytest.mark.parametrize(
    "text",
    ['{"loss": [0.7, 0.6], "val_loss": [0.69, 0.65]}', '{"history": {"loss": [0.7, 0.6], "val_loss": [0.69, 0.65]}}'],
)
def test_a_saved_history_is_read(tmp_path: Path, text: str) -> None:
    assert read(tmp_path, text) == (Epoch(0, 0.7, 0.69), Epoch(1, 0.6, 0.65))


def test_a_saved_data_frame_is_read(tmp_path: Path) -> None:
    frame = {"loss": {"0": 0.7, "1": 0.6}, "val_loss": {"0": 0.69, "1": None}}
    assert read(tmp_path, json.dumps(frame)) == (Epoch(0, 0.7, 0.69), Epoch(1, 0.6, None))


def test_validation_every_second_epoch_belongs_to_every_second_epoch(tmp_path: Path) -> None:
    read = read_with_notes(write(tmp_path, '{"loss": [4, 3, 2, 1], "val_loss": [5, 4]}'))
    assert [epoch.val_loss for epoch in read.history] == [None, 5, None, 4]
    assert "validation_freq=2" in " ".join(read.notes)


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("", "empty"),
        ("\n \n", "empty"),
        ("epoch,loss\n", "no epochs"),
        ("epoch,accuracy\n0,0.5\n", "no column `loss`"),
        ("{}", "no column `loss`"),
        ("PK\0\0", "NUL"),
        ('{"loss": 3}', "not an object of lists"),
        ("[1, 2]", "not an object of lists"),
        ('{"loss": [1, 2', "not valid JSON"),
        ('{"loss": [3, 2, 1], "val_loss": [3, 2]}', "2 values of `val_loss`"),
        ('{"loss": []}', "no epochs"),
        ("epoch,loss,val_accuracy\n0,1,-0.5\n", "accuracy of -0.5"),
    ],
)
def test_a_file_without_curves_says_what_it_lacks(tmp_path: Path, text: str, what: str) -> None:
    assert what in str(refused(tmp_path, text))


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("epoch,loss\n0,1\n1,low\n", 3),
        ("epoch,loss\n0,NA\n", 2),
        ("epoch,loss\n0\n1,2\n", 2),
        ("epoch,loss\n0,1,2\n", 2),
    ],
)
def test_a_line_that_is_wrong_is_named(tmp_path: Path, text: str, line: int) -> None:
    error = refused(tmp_path, text)
    assert error.line == line
    assert f"line {line}" in str(error)


def test_a_picture_is_not_read_as_text(tmp_path: Path) -> None:
    path = tmp_path / "history.csv"
    path.write_bytes(b"\x89PNG\r\n\x1a\n\xff\xd8")
    with pytest.raises(HistoryInvalid, match="not text"):
        read_history(path)


def test_a_file_that_cannot_be_read_is_said(tmp_path: Path) -> None:
    with pytest.raises(HistoryInvalid, match="cannot be read"):
        read_history(tmp_path / "nowhere.csv")


def test_a_counter_that_stands_still_is_replaced_by_counting_rows(tmp_path: Path) -> None:
    rows = "".join(f"0,{1 / (place + 1)}\n" for place in range(500))
    read_back = read_with_notes(write(tmp_path, f"epoch,loss\n{rows}"))
    assert [epoch.number for epoch in read_back.history] == list(range(500))
    assert read_back.notes == ("The epoch counter does not change: the rows are counted instead.",)


def test_a_json_history_that_starts_anew_is_said_by_its_epoch(tmp_path: Path) -> None:
    path = tmp_path / "history.json"
    path.write_text(json.dumps({"loss": [3, 2, 1.5, 1], "epoch": [0, 1, 0, 1]}))
    assert read_with_notes(path).notes == ("The epoch counter starts again at epoch 0: read as one continued run.",)


def test_a_cell_beyond_all_bounds_is_refused_in_words(tmp_path: Path) -> None:
    error = refused(tmp_path, f"epoch,loss\n0,{'1' * 200_000}\n")
    assert "is not a CSV file" in str(error)
