"""The catalogue of backbones: networks from pixels to features, each with its weights and its own scaling inside.

Entries are here without loading Keras; `load` loads it. Scaling belongs in these graphs and nowhere else: what
goes in is uint8 from 0 to 255, as `model_store.images.pixels` decodes it. A new backbone of `keras.applications` is a
line in `catalogue.py`; one from elsewhere is a builder and an entry below.
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
        model: uint8 pixels `(n, size, size, 3)` → float32 features `(n, features)`.
        weights: Where the weights came from, for the manifest.
    """

    model: "keras.Model"
    weights: str


@dataclass(frozen=True)
class Backbone:
    """An entry of the catalogue.

    Attributes:
        name: What `--backbone` calls it.
        size: Native height and width of its input, in pixels.
        parameters: Without the top.
        weights_file: The file of its ImageNet weights, which can also be given by path.
        weights_bytes: Size of that file.
        weights_from: Where `imagenet` gets it: `download`, which Keras does, or what to install.
        build: Builds the network for an input size, from float32 pixels 0 to 255 to features, with `imagenet` or `none`
            weights or those of a file.
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
            size: Height and width of its input in pixels, from 32; None: the native one.

        Raises:
            WeightsUnavailable: They are not here and cannot be downloaded.
            WeightsInvalid: The file is not there or does not fit the network.
        """
        import keras  # noqa: PLC0415  the command line reads the catalogue and must not load TensorFlow

        source = _source(weights)
        network = self.build(weights, size or self.size)
        pixels = keras.Input(network.input_shape[1:], dtype="uint8", name="pixels")
        return LoadedBackbone(keras.Model(pixels, network(keras.ops.cast(pixels, "float32"))), source)


def _source(weights: str) -> str:
    """Describe the weights without a path of this machine: a file by its name and digest."""
    if weights in {IMAGENET, NONE}:
        return weights
    path = Path(weights)
    if not path.is_file():
        hint = f"--weights takes {IMAGENET}, {NONE} or the path of a file."
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
    """Make an entry of a network of `keras.applications`."""
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
