"""Files of Lightning, Hugging Face and Ultralytics, Keras' console output and printed histories are read."""

import json
from pathlib import Path

import pytest

from training.curves.history import History, read_history, read_with_notes
from training.curves.readers.columns import meaning_of
from training.errors import HistoryInvalid


def read(folder: Path, text: str, name: str = "metrics.csv") -> History:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return read_history(path)


LIGHTNING = """epoch,lr-Adam,step,train_acc,train_loss_epoch,train_loss_step,val_acc,val_loss
,0.001,0,,,,,
0,,49,,,0.9,,
0,,99,,,0.7,,
0,,117,,,,0.61,0.72
0,,117,0.55,0.81,,,
,0.0005,118,,,,,
1,,149,,,0.5,,
1,,235,,,,0.7,0.6
1,,235,0.66,0.52,,,
"""


def test_rows_of_steps_are_merged_per_epoch(tmp_path: Path) -> None:
    first, second = read(tmp_path, LIGHTNING)
    assert (first.loss, first.accuracy, first.val_loss, first.val_accuracy) == (0.81, 0.55, 0.72, 0.61)
    assert (second.number, second.loss, second.val_loss, second.learning_rate) == (1, 0.52, 0.6, 0.0005)


def test_the_mean_of_the_steps_stands_in_for_an_epoch_without_its_own_loss(tmp_path: Path) -> None:
    text = LIGHTNING.replace("0.55,0.81", "0.55,").replace("0.66,0.52", "0.66,")
    assert [epoch.loss for epoch in read(tmp_path, text)] == pytest.approx([0.8, 0.5])


@pytest.mark.parametrize(("ours", "theirs"), [("train_loss", "train/loss"), ("train_loss", "loss")])
def test_one_loss_for_each_step_is_a_mean(tmp_path: Path, ours: str, theirs: str) -> None:
    text = f"epoch,step,{ours},val_loss\n0,9,2,\n0,19,1,\n0,19,,1.7\n1,29,0.5,\n1,39,,1.1\n"
    assert [epoch.loss for epoch in read(tmp_path, text.replace(ours, theirs))] == [1.5, 0.5]


def test_a_loss_that_is_logged_less_than_once_an_epoch_stands_for_the_epochs_before_it(tmp_path: Path) -> None:
    path = tmp_path / "metrics.csv"
    path.write_text("epoch,step,train_loss,val_loss\n0,9,,3\n1,14,1.5,\n1,19,,2\n2,29,,1\n")
    curves = read_with_notes(path)
    assert [epoch.loss for epoch in curves.history] == [1.5, 1.5, 1.5]
    assert "2 of 3 epochs have no training loss of their own" in " ".join(curves.notes)


def test_a_blank_loss_in_a_table_of_epochs_is_still_an_error(tmp_path: Path) -> None:
    with pytest.raises(HistoryInvalid, match="line 3"):
        read(tmp_path, "epoch,loss\n0,1\n1,\n")


TRAINER = [
    {"epoch": 0.5, "grad_norm": 2.1, "learning_rate": 5e-5, "loss": 1.9, "step": 50},
    {"epoch": 1.0, "learning_rate": 4e-5, "loss": 1.1, "step": 100},
    {"epoch": 1.0, "eval_accuracy": 0.6, "eval_loss": 1.2, "eval_runtime": 3.1, "step": 100},
    {"epoch": 1.5, "learning_rate": 3e-5, "loss": 0.9, "step": 150},
    {"epoch": 2.0, "eval_accuracy": 0.7, "eval_loss": 1.0, "step": 200},
    {"epoch": 2.0, "train_loss": 1.3, "train_runtime": 60.0, "step": 200},
]


@pytest.mark.parametrize("document", [{"best_metric": None, "global_step": 200, "log_history": TRAINER}, TRAINER])
def test_the_state_of_a_trainer_is_read(tmp_path: Path, document: object) -> None:
    first, second = read(tmp_path, json.dumps(document), "trainer_state.json")
    assert (first.loss, first.val_loss, first.val_accuracy, first.learning_rate) == (1.5, 1.2, 0.6, 4e-5)
    assert (second.number, second.loss, second.val_loss, second.val_accuracy) == (1, 0.9, 1.0, 0.7)


def test_of_several_checkpoints_the_last_one_is_read(tmp_path: Path) -> None:
    for steps in (100, 1500, 200):
        folder = tmp_path / f"checkpoint-{steps}"
        folder.mkdir()
        history = [{"epoch": steps / 100, "loss": 1.0, "step": steps}]
        (folder / "trainer_state.json").write_text(json.dumps({"global_step": steps, "log_history": history}))
    assert read_history(tmp_path)[0].number == 14


def test_columns_padded_with_spaces_are_read(tmp_path: Path) -> None:
    text = (
        "                  epoch,             train/loss,  metrics/accuracy_top1,  metrics/accuracy_top5,"
        "               val/loss,                 lr/pg0\n"
        "                      1,                 1.4092,                0.61333,                      1,"
        "                 1.1012,             0.00023719\n"
        "                      2,                0.90123,                   0.72,                      1,"
        "                0.95123,             0.00047011\n"
    )
    first, second = read(tmp_path, text, "results.csv")
    assert (first.number, first.loss, first.val_accuracy, first.val_loss) == (0, 1.4092, 0.61333, 1.1012)
    assert (second.accuracy, second.learning_rate) == (None, 0.00047011)


BAR = "\x1b[32m━━━━━━━━━━━━━━━━━━━━\x1b[0m\x1b[37m\x1b[0m"
CONSOLES = {
    "keras-3-bar": "Epoch 1/2\n"
    f"\r\x1b[1m1/6\x1b[0m {BAR} \x1b[1m3s\x1b[0m 723ms/step - accuracy: 0.2500 - loss: 0.9273" + "\x08" * 80 + "\r"
    f"\x1b[1m6/6\x1b[0m {BAR} \x1b[1m1s\x1b[0m 103ms/step - accuracy: 0.5000 - loss: 0.8041 - val_accuracy: 0.6250 "
    "- val_loss: 7.5e-01\nEpoch 2/2\n"
    f"6/6 {BAR} 0s 9ms/step - accuracy: 0.7500 - loss: 0.5 - val_accuracy: 0.6250 - val_loss: nan\n",
    "keras-3-lines": "Found 96 files belonging to 2 classes.\nEpoch 1/2\n6/6 - 1s - 130ms/step - accuracy: 0.5000 - "
    "loss: 0.8041 - val_accuracy: 0.6250 - val_loss: 0.7500\n\nEpoch 1: val_loss improved from inf to 0.75000, saving "
    "model to best.keras\nEpoch 2/2\n6/6 - 0s - 36ms/step - accuracy: 0.7500 - loss: 0.5000 - val_accuracy: 0.6250 - "
    "val_loss: nan\nEpoch 2: early stopping\n",
    "keras-2": "Train for 6 steps\nEpoch 1/2\n6/6 [==============================] - 1s 3ms/step - loss: 0.8041 - acc: "
    "0.5000 - val_loss: 0.7500 - val_acc: 0.6250\nEpoch 2/2\n5/6 [========================>.....] - ETA: 0s - loss: "
    "0.9 - acc: 0.1\r6/6 [==============================] - 0s 3ms/step - loss: 0.5000 - acc: 0.7500 - val_loss: nan - "
    "val_acc: 0.6250\n",
}


@pytest.mark.parametrize("name", CONSOLES)
def test_console_output_is_read(tmp_path: Path, name: str) -> None:
    first, second = read(tmp_path, CONSOLES[name], "train.log")
    assert (first.number, first.loss, first.val_loss, first.accuracy, first.val_accuracy) == (
        0,
        0.8041,
        0.75,
        0.5,
        0.625,
    )
    assert (second.number, second.loss, second.accuracy) == (1, 0.5, 0.75)
    assert second.val_loss != second.val_loss, "nan is a value"


def test_console_output_in_utf_16_is_read(tmp_path: Path) -> None:
    path = tmp_path / "train.log"
    path.write_text(CONSOLES["keras-3-lines"], encoding="utf-16")
    assert len(read_history(path)) == 2


def test_an_epoch_that_did_not_end_is_left_out_and_said(tmp_path: Path) -> None:
    path = tmp_path / "train.log"
    path.write_text(CONSOLES["keras-3-lines"] + "Epoch 3/9\n1/6 - accuracy: 0.5 - loss: 0.9\n")
    curves = read_with_notes(path)
    assert len(curves.history) == 2
    assert "did not end" in " ".join(curves.notes)


@pytest.mark.parametrize(
    "text",
    [
        "{'loss': [0.7, nan], 'val_loss': [0.8, 0.9]}",
        "history = {'loss': [np.float64(0.7), np.float32(nan)], 'val_loss': [0.8, 0.9]}",
        "{'loss': array([0.7, nan]), 'val_loss': array([0.8, 0.9], dtype=float32)}",
        '{"loss": [0.7, NaN], "val_loss": [0.8, 0.9]}',
        "{\n 'loss': [0.7,\n  nan],\n 'val_loss': [0.8, 0.9]}\n",
    ],
)
def test_a_printed_history_is_read(tmp_path: Path, text: str) -> None:
    first, second = read(tmp_path, text, "history.txt")
    assert (first.loss, first.val_loss, second.val_loss) == (0.7, 0.8, 0.9)
    assert second.loss != second.loss, "nan is a value"


def test_a_printed_history_is_never_run(tmp_path: Path) -> None:
    ran = tmp_path / "ran"
    with pytest.raises(HistoryInvalid, match="not a printed History"):
        read(tmp_path, f"{{'loss': [open({str(ran)!r}, 'w')]}}", "history.txt")
    assert not ran.exists()


def test_the_folder_of_a_run_is_enough(tmp_path: Path) -> None:
    folder = tmp_path / "lightning_logs" / "version_0"
    folder.mkdir(parents=True)
    (folder / "metrics.csv").write_text(LIGHTNING)
    (folder / "hparams.yaml").write_text("lr: 0.001\n")
    assert len(read_history(tmp_path)) == 2
    (tmp_path / "lightning_logs" / "version_1").mkdir()
    (tmp_path / "lightning_logs" / "version_1" / "metrics.csv").write_text(LIGHTNING)
    with pytest.raises(HistoryInvalid, match="2 runs"):
        read_history(tmp_path)


@pytest.mark.parametrize(
    "text", ["some words\n", "<html></html>\n", "[1, 2, 3]", "{'a': 1}", "a,b\n1,2\n", "---\nlr: 1\n"]
)
def test_a_file_that_is_none_of_them_is_refused_with_what_is_read(tmp_path: Path, text: str) -> None:
    with pytest.raises(HistoryInvalid) as caught:
        read(tmp_path, text)
    for known in ("CSVLogger", "TensorBoard", "metrics.csv", "trainer_state.json", "results.csv", "console", "folder"):
        assert known in (caught.value.hint or "")


@pytest.mark.parametrize(
    ("name", "column"),
    [
        ("loss", "loss"),
        ("Loss/train", "loss"),
        ("training_loss", "loss"),
        ("val/loss_epoch", "val_loss"),
        ("valid_loss", "val_loss"),
        ("eval/accuracy", "val_accuracy"),
        ("Accuracy/val", "val_accuracy"),
        ("train_acc_step", "accuracy"),
        ("val_binary_accuracy_1", "val_accuracy"),
        ("lr-AdamW/pg1", "learning_rate"),
        ("epoch_learning_rate", "learning_rate"),
    ],
)
def test_names_of_many_programs_mean_the_same(name: str, column: str) -> None:
    meaning = meaning_of(name)
    assert meaning is not None
    assert meaning.column == column


@pytest.mark.parametrize(
    "name", ["train/box_loss", "f1_score", "evaluation_loss_vs_iterations", "time", "", "train", "best"]
)
def test_other_names_mean_nothing(name: str) -> None:
    assert meaning_of(name) is None
