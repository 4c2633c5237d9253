"""The policy that decodes an image to a model's pixels, and the formats that it may accept. Decodes nothing."""

from typing import Annotated, Final, Literal, get_args

import numpy as np
import numpy.typing as npt
from pydantic import AfterValidator, BaseModel, ConfigDict, Field

Format = Literal["JPEG", "PNG", "WEBP", "GIF", "BMP", "TIFF", "AVIF"]
Pixels = npt.NDArray[np.uint8]

FORMATS: Final[tuple[Format, ...]] = get_args(Format)
DEFAULT_FORMATS: Final[tuple[Format, ...]] = ("JPEG", "PNG", "WEBP", "GIF", "BMP", "TIFF")


def _sorted_formats(formats: tuple[Format, ...]) -> tuple[Format, ...]:
    return tuple(name for name in FORMATS if name in formats)


class InputSpec(BaseModel):
    """The policy that decodes an image to a model's pixels: stored in its manifest, shared by training and serving."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    height: Annotated[int, Field(gt=0, le=4096)]
    """Height in pixels."""
    width: Annotated[int, Field(gt=0, le=4096)]
    """Width in pixels."""
    resize: Literal["squash", "crop"] = "squash"
    """`squash` keeps the whole picture, but not its aspect ratio; `crop` keeps the ratio, but only a centred part."""
    interpolation: Literal["nearest", "box", "bilinear", "bicubic", "lanczos"] = "bilinear"
    """Pillow's resampling filter, with antialiasing."""
    background: tuple[Annotated[int, Field(ge=0, le=255)], ...] = Field(
        default=(255, 255, 255), min_length=3, max_length=3
    )
    """RGB colour under transparent pixels."""
    draft: bool = True
    """Shrink large JPEGs by whole factors while they are decoded."""
    formats: Annotated[tuple[Format, ...], Field(min_length=1), AfterValidator(_sorted_formats)] = DEFAULT_FORMATS
    """The accepted image formats."""
