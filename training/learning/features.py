"""Runs a frozen network over images in batches: every image in the requested order, the last batch included.

It works on arrays and does not know files, folders, stores or labels.
"""

from collections.abc import Sequence
from typing import Any, Final

import keras
import numpy as np
import numpy.typing as npt
import tensorflow as tf
from rich.progress import Progress
from tensorflow.python.framework.convert_to_constants import convert_variables_to_constants_v2

from model_store.images.pixels import Pixels
from training.learning.variation.views import IDENTITY, View

INFERENCE_BATCH: Final = 32
"""Images per batch: more are not faster on a CPU, and fewer are slower."""


def as_function(model: keras.Model, *, follows_training: bool = False) -> Any:  # noqa: ANN401  a TensorFlow function
    """Compile a model of uint8 pixels for inference: one trace for all batch sizes, statistics frozen.

    Keep the function: each call compiles a new one.

    Args:
        model: Model of uint8 pixels → float32.
        follows_training: Whether the function must see later changes of the weights. If not, on a CPU, the current
            weights become constants, which TensorFlow folds and fuses. That is about 1.3 times as fast, see
            docs/explanation/performance.md.
    """
    signature = tf.TensorSpec((None, *model.input_shape[1:]), tf.uint8)
    function = tf.function(lambda pixels: model(pixels, training=False), input_signature=[signature])
    if follows_training or tf.config.get_visible_devices("GPU"):
        return function
    frozen = convert_variables_to_constants_v2(function.get_concrete_function())
    return lambda pixels: frozen(pixels)[0]


def run_in_batches(  # noqa: PLR0913  the caller chooses each of them
    function: Any,  # noqa: ANN401  a Keras model or a TensorFlow function
    pixels: Pixels,
    rows: Sequence[int] | npt.NDArray[np.int64],
    *,
    batch_size: int,
    bar: tuple[Progress, str],
    view: View = IDENTITY,
) -> npt.NDArray[np.float32]:
    """Run a function of uint8 pixels over all images of `rows`, in that order.

    Args:
        function: uint8 tensor `(n, height, width, 3)` → float32 tensor `(n, d)`.
        pixels: Pixels of all images, uint8 `(m, height, width, 3)`, read batch by batch.
        rows: Rows of `pixels` to run on.
        batch_size: Images per batch; the last batch has the rest.
        bar: Progress display and the name of its bar.
        view: View through which the function sees the images.

    Returns:
        The outputs, float32 `(len(rows), d)`.
    """
    progress, description = bar
    task = progress.add_task(description, total=len(rows))
    outputs = []
    for start in range(0, len(rows), batch_size):
        batch = view.apply(pixels[rows[start : start + batch_size]])
        outputs.append(np.asarray(function(tf.constant(batch)), dtype=np.float32))
        progress.advance(task, len(batch))
    return np.concatenate(outputs)
