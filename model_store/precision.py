"""How a version does when it is computed in another precision than float32, as measured on its own validation images.

Float32 is what training computed and is always there. Another precision is faster and never quite the same, so a
version says what it costs, and a service that may choose for itself uses it only where that is next to nothing.
"""

from typing import Annotated, Final, Literal

from pydantic import BaseModel, ConfigDict, Field

Precision = Literal["f32", "bf16", "int8"]

ACCURACY_MARGIN: Final = 0.003
"""Accuracy that may be lost."""
CALIBRATION_MARGIN: Final = 0.01
"""By how much the expected calibration error may rise."""

INT8_DIRECTORY: Final = "int8"
"""Where a version keeps its quantised variant: OpenVINO's `model.xml` and `model.bin`, golden samples of its own."""

Share = Annotated[float, Field(ge=0, le=1)]


class MeasuredPrecision(BaseModel):
    """One precision beside float32, on the validation images that the version was calibrated with."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    engine: str
    """What computed, with its version."""
    images: Annotated[int, Field(gt=0)]
    accuracy: Share
    accuracy_f32: Share
    calibration_error: Share
    """Expected calibration error, as in a report."""
    calibration_error_f32: Share
    agreement: Share
    """Share of images that are called the same as in float32."""
    largest_difference: Share
    """Of any probability."""

    @property
    def room(self) -> float:
        """How far the nearer of the two margins is; negative where one is passed."""
        accuracy = self.accuracy - (self.accuracy_f32 - ACCURACY_MARGIN)
        return min(accuracy, self.calibration_error_f32 + CALIBRATION_MARGIN - self.calibration_error)

    @property
    def keeps_accuracy(self) -> bool:
        """Whether accuracy and calibration stay within their margins."""
        return self.room >= 0

    def sentence(self) -> str:
        """Say what it costs."""
        return (
            f"accuracy {self.accuracy:.4f} (f32 {self.accuracy_f32:.4f}), calibration error "
            f"{self.calibration_error:.4f} (f32 {self.calibration_error_f32:.4f}), {self.agreement:.1%} of "
            f"{self.images} validation images called the same"
        )
