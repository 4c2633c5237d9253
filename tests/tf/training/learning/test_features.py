import keras
import numpy as np
from rich.progress import Progress

from training.backbones.catalogue import BACKBONES
from training.learning.features import as_function, run_in_batches
from training.learning.variation.views import FLIP_HORIZONTAL, ROTATE_90

SILENT = Progress(disable=True)


def test_features_are_the_same_in_batches_of_any_size_and_none_is_dropped() -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (9, 224, 224, 3), dtype=np.uint8)
    rows = np.array([8, 3, 0, 1, 2, 7, 4])
    function = as_function(BACKBONES["efficientnet-lite0"].load().model)
    one_by_one, in_fours, at_once = (
        run_in_batches(function, pixels, rows, batch_size=size, bar=(SILENT, "")) for size in (1, 4, 32)
    )
    assert one_by_one.shape == (7, 1280)
    assert np.allclose(one_by_one, at_once, atol=1e-5)
    assert np.allclose(in_fours, at_once, atol=1e-5)


def test_a_function_answers_as_the_model_did_when_it_was_made() -> None:
    pixels = keras.Input((4, 4, 3), dtype="uint8")
    flat = keras.layers.Flatten()(keras.ops.cast(pixels, "float32"))
    model = keras.Model(pixels, keras.layers.Dense(2)(flat))
    images = np.random.default_rng(0).integers(0, 256, (3, 4, 4, 3), dtype=np.uint8)
    before = np.asarray(model(images))
    function = as_function(model)
    model.set_weights([weights + 1 for weights in model.get_weights()])
    answers = run_in_batches(function, images, [0, 1, 2], batch_size=2, bar=(SILENT, ""))
    assert np.allclose(answers, before, atol=1e-3)


def test_features_come_in_the_order_asked_for() -> None:
    pixels = np.arange(5, dtype=np.uint8).reshape(5, 1, 1, 1).repeat(3, axis=3)
    answers = run_in_batches(lambda batch: batch[:, 0, 0, :1], pixels, [4, 1, 3], batch_size=2, bar=(SILENT, ""))
    assert answers.ravel().tolist() == [4, 1, 3]


def test_images_are_turned_before_the_function_sees_them() -> None:
    pixels = np.arange(24, dtype=np.uint8).reshape(2, 2, 2, 3)
    for view in (FLIP_HORIZONTAL, ROTATE_90):
        seen = run_in_batches(lambda batch: batch, pixels, [1, 0], batch_size=1, bar=(SILENT, ""), view=view)
        assert np.array_equal(seen, view.apply(pixels[[1, 0]]))
