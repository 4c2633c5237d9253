from pathlib import Path

import pytest
import tensorflow as tf

from training.curves.history import Epoch, read_history
from training.report.tensorboard import write_scalars

HISTORY = (
    Epoch(0, 0.7, val_loss=0.6, accuracy=0.5, val_accuracy=0.75, phase="head", learning_rate=1e-3),
    Epoch(1, 0.5, val_loss=0.4, phase="fine-tune"),
)


def scalars(folder: Path) -> dict[tuple[str, int], float]:
    """Read logs back as TensorBoard does: tag and step to value, of the plugin that draws curves."""
    found: dict[tuple[str, int], float] = {}
    for path in sorted(folder.iterdir()):
        for record in tf.data.TFRecordDataset(str(path)):
            event = tf.compat.v1.Event.FromString(record.numpy())
            for value in event.summary.value:
                assert value.metadata.plugin_data.plugin_name in {"scalars", ""}
                found[value.tag, event.step] = float(tf.make_ndarray(value.tensor))
    return found


def test_the_logs_hold_the_history(tmp_path: Path) -> None:
    run = write_scalars(tmp_path, HISTORY, model="cells")
    assert run.parent == tmp_path
    assert run.name.startswith("cells-")
    assert scalars(run / "train") == pytest.approx(
        {
            ("epoch_loss", 0): 0.7,
            ("epoch_loss", 1): 0.5,
            ("epoch_accuracy", 0): 0.5,
            ("epoch_learning_rate", 0): 1e-3,
        }
    )
    assert scalars(run / "validation")["epoch_loss", 1] == pytest.approx(0.4)


def test_a_second_run_has_a_folder_of_its_own(tmp_path: Path) -> None:
    first, second = (write_scalars(tmp_path, HISTORY[:1], model="cells") for _ in range(2))
    assert first != second


def test_the_logs_of_tensorflow_are_read_back_without_it(tmp_path: Path) -> None:
    write_scalars(tmp_path, HISTORY, model="cells")
    first, second = read_history(tmp_path)
    assert (first.loss, first.val_loss, first.accuracy, first.val_accuracy) == pytest.approx((0.7, 0.6, 0.5, 0.75))
    assert (second.number, second.loss, second.accuracy) == (1, 0.5, None)
    assert second.val_loss == pytest.approx(0.4)
