"""The catalogue of backbones: networks from pixels to features, each with its weights and its own scaling inside.

Entries are here without loading Keras; `load` loads it. Scaling belongs in these graphs and nowhere else: what
goes in is uint8 from 0 to 255, as `model_store.pixels` decodes it. A new backbone is a builder and an entry below.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from model_store.digest import digest_file
from training.errors import WeightsInvalid
from training.names import EFFICIENTNET_SIZES, IMAGENET, LITE0, NONE

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
        build: Builds the network, from float32 pixels 0 to 255 to features, with `imagenet` or `none` weights or those
            of a file.
    """

    name: str
    size: int
    build: "Callable[[str], keras.Model]"

    def load(self, weights: str = IMAGENET) -> LoadedBackbone:
        """Build the network with its weights.

        Args:
            weights: `imagenet`, `none` for random ones, or the path of a weights file.

        Raises:
            WeightsUnavailable: They are not here and cannot be downloaded.
            WeightsInvalid: The file is not there or does not fit the network.
        """
        import keras  # noqa: PLC0415  the command line reads the catalogue and must not load TensorFlow

        source = _source(weights)
        network = self.build(weights)
        pixels = keras.Input((self.size, self.size, 3), dtype="uint8", name="pixels")
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


def _build_lite0(weights: str) -> "keras.Model":
    from training.lite0_weights import load_lite0  # noqa: PLC0415  loads TensorFlow

    return load_lite0(weights)


def _build_efficientnet(variant: int) -> "Callable[[str], keras.Model]":
    def build(weights: str) -> "keras.Model":
        from training.efficientnet import load_efficientnet  # noqa: PLC0415  loads TensorFlow

        return load_efficientnet(variant, weights)

    return build


BACKBONES: Final[dict[str, Backbone]] = {
    backbone.name: backbone
    for backbone in (
        *(
            Backbone(f"efficientnet-b{variant}", size, _build_efficientnet(variant))
            for variant, size in enumerate(EFFICIENTNET_SIZES)
        ),
        Backbone(LITE0, 224, _build_lite0),
    )
}
"""Name to backbone."""
