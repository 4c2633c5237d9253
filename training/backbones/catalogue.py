"""The catalogue of backbones: networks from pixels to features, each with its weights and its own scaling inside.

Importing the catalogue does not load Keras; `load` does. Scaling belongs in these graphs and nowhere else. Their input
is uint8 from 0 to 255, as `model_store.images.pixels` decodes it. A new backbone of `keras.applications` is a line in
`keras_networks.py`; one from elsewhere is a builder and an entry below.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from model_store.storage.digest import digest_file
from training.backbones.keras_networks import APPLICATIONS, Application
from training.backbones.names import IMAGENET, LITE0, LITE0_FILE, NONE
from training.errors import WeightsInvalid

if TYPE_CHECKING:
    import keras


@dataclass(frozen=True)
class LoadedBackbone:
    """A backbone with its weights.

    Attributes:
        model: Model of uint8 pixels `(n, size, size, 3)` → float32 features `(n, features)`.
        weights: Source of the weights, for the manifest.
    """

    model: "keras.Model"
    weights: str


@dataclass(frozen=True)
class Backbone:
    """An entry of the catalogue.

    Attributes:
        name: Name for `--backbone`.
        size: Native height and width of its input, in pixels.
        parameters: Number of parameters without the top.
        weights_file: Name of the file with its ImageNet weights; its path may also be passed as `weights`.
        weights_bytes: Size of that file in bytes.
        weights_from: Source of `imagenet` weights: `download`, which Keras does, or the package to install.
        build: Function of weights and input size that builds the network. The weights are `imagenet`, `none` or the
            path of a file. The network maps float32 pixels from 0 to 255 to features.
    """

    name: str
    size: int
    parameters: int
    weights_file: str
    weights_bytes: int
    weights_from: str
    build: "Callable[[str, int], keras.Model]"

    def load(self, weights: str = IMAGENET, size: int | None = None) -> LoadedBackbone:
        """Build the network with its weights.

        Args:
            weights: `imagenet`, `none` for random ones, or the path of a weights file.
            size: Height and width of its input in pixels, at least 32; None for the native size.

        Raises:
            WeightsUnavailable: If the weights are missing and cannot be downloaded.
            WeightsInvalid: If the file is missing or does not fit the network.
        """
        import keras  # noqa: PLC0415  the command line reads the catalogue and must not load TensorFlow

        source = _source(weights)
        network = self.build(weights, size or self.size)
        pixels = keras.Input(network.input_shape[1:], dtype="uint8", name="pixels")
        return LoadedBackbone(keras.Model(pixels, network(keras.ops.cast(pixels, "float32"))), source)


def _source(weights: str) -> str:
    """Describe the weights without a local path: a file by its name and digest."""
    if weights in {IMAGENET, NONE}:
        return weights
    path = Path(weights)
    if not path.is_file():
        hint = f"Use --weights with {IMAGENET}, {NONE} or the path of a file."
        raise WeightsInvalid(path, "does not exist", hint=hint)
    return f"{path.name} sha256:{digest_file(path).sha256}"


def _load_lite0(weights: str, size: int) -> "keras.Model":
    from training.backbones.lite0_weights import load_lite0  # noqa: PLC0415  loads TensorFlow

    return load_lite0(weights, size=size)


def _loader(application: Application) -> "Callable[[str, int], keras.Model]":
    def load(weights: str, size: int) -> "keras.Model":
        from training.backbones.applications import load_application  # noqa: PLC0415  loads TensorFlow

        return load_application(application._replace(size=size), weights)

    return load


def _backbone(application: Application) -> Backbone:
    """Return the entry for a network of `keras.applications`."""
    return Backbone(
        name=application.name,
        size=application.size,
        parameters=application.parameters,
        weights_file=application.weights_file,
        weights_bytes=application.weights_bytes,
        weights_from="download",
        build=_loader(application),
    )


_LITE0: Final = Backbone(
    name=LITE0,
    size=224,
    parameters=3_413_024,
    weights_file=LITE0_FILE,
    weights_bytes=18_826_032,
    weights_from="fullcount[lite0]",
    build=_load_lite0,
)

BACKBONES: Final[dict[str, Backbone]] = {
    backbone.name: backbone for backbone in (_LITE0, *map(_backbone, APPLICATIONS))
}
"""Name to backbone."""
