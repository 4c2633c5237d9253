"""The cost of computing a version in another precision than float32, measured on its own validation images.

Training computes in float32, which is always available. Other precisions are faster but slightly different, so a
version records the cost. A service that chooses by itself uses one only if the cost is within the margins below.
"""

from typing import Annotated, Final, Literal

from pydantic import BaseModel, ConfigDict, Field

Precision = Literal["f32", "bf16", "int8"]

ACCURACY_MARGIN: Final = 0.003
"""The largest acceptable loss of accuracy."""
CALIBRATION_MARGIN: Final = 0.01
"""The largest acceptable rise of the expected calibration error."""

INT8_DIRECTORY: Final = "int8"
"""Directory of a version's quantised variant: OpenVINO's `model.xml` and `model.bin`, and golden samples of its own."""

Share = Annotated[float, Field(ge=0, le=1)]


class MeasuredPrecision(BaseModel):
    """Measurements of one precision besides float32, on the validation images that calibrated the version."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    engine: str
    """The engine that computed the predictions, with its version."""
    images: Annotated[int, Field(gt=0)]
    accuracy: Share
    accuracy_f32: Share
    calibration_error: Share
    """Expected calibration error, as in a report."""
    calibration_error_f32: Share
    agreement: Share
    """Share of images with the same predicted label as in float32."""
    largest_difference: Share
    """Largest difference of any probability from float32."""

    @property
    def room(self) -> float:
        """The distance to the nearer of the two margins; negative if one is exceeded."""
        accuracy = self.accuracy - (self.accuracy_f32 - ACCURACY_MARGIN)
        return min(accuracy, self.calibration_error_f32 + CALIBRATION_MARGIN - self.calibration_error)

    @property
    def keeps_accuracy(self) -> bool:
        """True if accuracy and calibration stay within their margins."""
        return self.room >= 0

    def sentence(self) -> str:
        """Describe the cost."""
        return (
            f"accuracy {self.accuracy:.4f} (f32 {self.accuracy_f32:.4f}), calibration error "
            f"{self.calibration_error:.4f} (f32 {self.calibration_error_f32:.4f}), {self.agreement:.1%} of "
            f"{self.images} validation images predicted the same"
        )
