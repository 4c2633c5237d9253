"""The errors of training.

::

    FullcountError
    ├── DatasetInvalid          a folder that cannot be trained from as it is
    ├── LabelUnknown            a positive label that is not one of two labels
    ├── WeightsUnavailable      pretrained weights that are not here; the hint names the ways to get them
    ├── WeightsInvalid          a weights file that is not what it should be
    ├── DeviceUnavailable       a device asked for and not there
    ├── CacheUnusable           no room, or no permission, for the decoded pixels
    └── ExportMismatch          the SavedModel does not answer as the Keras model does; nothing is published

Bytes that are no image are no error here: they are a fate in the audit.
"""

from collections.abc import Sequence
from pathlib import Path

from model_store.errors import FullcountError


class DatasetInvalid(FullcountError):
    """A folder of labelled images that cannot be trained from as it is."""

    def __init__(self, directory: Path, what: str, *, hint: str) -> None:
        super().__init__(f"{directory}: {what}.", hint=hint)
        self.directory = directory


class LabelUnknown(FullcountError):
    """A positive label was named that is not one of exactly two labels."""

    def __init__(self, positive: str, labels: Sequence[str]) -> None:
        there = ", ".join(labels)
        if len(labels) == 2:
            super().__init__(f"The positive label {positive!r} is not one of: {there}.")
        else:
            super().__init__(f"There is a positive label among two labels only, and there are {len(labels)}: {there}.")


class WeightsUnavailable(FullcountError):
    """Pretrained weights that are neither installed nor in the cache nor to be downloaded.

    Random weights never take their place; `--weights none` asks for those.
    """

    def __init__(self, backbone: str, why: str, *, hint: str) -> None:
        super().__init__(f"The weights of {backbone} are not available: {why}.", hint=hint)
        self.backbone = backbone


class WeightsInvalid(FullcountError):
    """A weights file with other contents than expected.

    Attributes:
        path: The file.
    """

    def __init__(self, path: Path, what: str, *, hint: str | None = None) -> None:
        super().__init__(f"The weights file {path} {what}.", hint=hint)
        self.path = path


class DeviceUnavailable(FullcountError):
    """A device asked for and not there."""

    hint = "Use --device auto or --device cpu, or install a TensorFlow that sees the GPU: `fullcount[serve-gpu]`."

    def __init__(self, device: str) -> None:
        super().__init__(f"TensorFlow sees no device {device!r}.")


class CacheUnusable(FullcountError):
    """There is no room, or no permission, for the decoded pixels of the data set."""

    hint = "Set TMPDIR to a directory with more room."

    def __init__(self, directory: Path, needed_bytes: int, why: str) -> None:
        super().__init__(f"{needed_bytes / 1e6:,.0f} MB of decoded pixels do not go into {directory}: {why}.")


class ExportMismatch(FullcountError):
    """The exported SavedModel does not answer as the Keras model does.

    Attributes:
        difference: The largest absolute difference between two probabilities.
    """

    hint = "This is a defect of Fullcount or of an unusual TensorFlow build; nothing was published."

    def __init__(self, difference: float, tolerance: float) -> None:
        super().__init__(
            f"The exported model's probabilities differ by {difference:.2g} from training's, over {tolerance:.2g}."
        )
        self.difference = difference
