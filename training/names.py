"""What backbones and their weights are called on the command line and in manifests. A leaf: imports nothing of ours."""

from typing import Final

IMAGENET: Final = "imagenet"
NONE: Final = "none"

DEFAULT: Final = "efficientnet-b0"
LITE0: Final = "efficientnet-lite0"
EFFICIENTNET_SIZES: Final = (224, 240, 260, 300, 380, 456, 528, 600)
"""Native input of B0 to B7 in pixels: Tan and Le 2019, and `keras.applications`."""
