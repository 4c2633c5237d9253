"""The errors of training.

::

    FullcountError
    ├── DatasetInvalid          a folder that cannot be trained from as it is
    ├── LabelUnknown            a positive label that is not one of two labels
    ├── WeightsUnavailable      pretrained weights that are not here; the hint names the ways to get them
    ├── WeightsInvalid          a weights file that is not what it should be
    ├── DeviceUnavailable       a device asked for and not there
    ├── RunUnderWay             another process is training exactly this
    ├── HistoryInvalid          a file that holds no learning curves that can be read
    ├── CacheUnusable           no room, or no permission, for the decoded pixels
    ├── TrainingDiverged        a learning rate so high that no loss is a number
    ├── ThresholdInvalid        a policy of the operating threshold that is none
    ├── GroupingInvalid         a `--group-by` that is no regular expression, or tells no groups apart
    ├── QuantizerMissing        NNCF or OpenVINO is not installed, and int8 is asked for
    ├── QuantizationRefused     int8 costs more accuracy or calibration than the margins allow; has the numbers
    ├── ImagesMissing           a folder that does not hold the images a version was trained from
    ├── CacheLimitInvalid       a bound of the cache that is no number of gigabytes
    └── ExportMismatch          the SavedModel does not answer as the Keras model does; nothing is published

Bytes that are no image are no error here: they are a fate in the audit.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path

from model_store.errors import FullcountError
from model_store.precision import ACCURACY_MARGIN, CALIBRATION_MARGIN, MeasuredPrecision


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


class RunUnderWay(FullcountError):
    """Another process is at the same run: same data, settings and seed."""

    hint = "Wait for it, or change a setting, such as --seed: then it is another run."

    def __init__(self, directory: Path) -> None:
        super().__init__(f"Another process is training exactly this; its state is in {directory}.")


class ThresholdInvalid(FullcountError):
    """A policy of the operating threshold that is none.

    Attributes:
        text: What was given.
    """

    hint = "Use a number between 0 and 1, best-f1, youden, or a bound over 0 and up to 1: recall>=0.95, precision>=0.9."

    def __init__(self, text: str) -> None:
        super().__init__(f"{text!r} is no threshold and no policy to choose one by.")
        self.text = text


class HistoryInvalid(FullcountError):
    """A file that holds no learning curves that can be read.

    Attributes:
        path: The file.
        line: The line that is wrong, from 1; None if it is the file as a whole.
    """

    def __init__(self, path: Path, what: str, *, hint: str, line: int | None = None) -> None:
        place = f"{path}" if line is None else f"{path}, line {line}"
        super().__init__(f"{place}: {what}.", hint=hint)
        self.path = path
        self.line = line


class CacheLimitInvalid(FullcountError):
    """A bound of the cache that is no number of gigabytes."""

    hint = "Give a number from 0 up, as 20 or 0.5; 0 keeps no pixels."

    def __init__(self, variable: str, text: str) -> None:
        super().__init__(f"{variable} is {text!r}, which is no number of gigabytes.")


class GroupingInvalid(FullcountError):
    """A `--group-by` that is no regular expression, or tells no groups apart.

    Attributes:
        pattern: What was given.
    """

    hint = "Its first group, or else its whole match, in the path below the data folder names the group of a file."

    def __init__(self, pattern: str, what: str) -> None:
        super().__init__(f"--group-by {pattern!r} {what}.")
        self.pattern = pattern


class TrainingDiverged(FullcountError):
    """A learning rate so high that no loss is a number."""

    hint = "Use a lower learning rate, or give none: then it is chosen on the validation images."

    def __init__(self, learning_rate: float) -> None:
        super().__init__(f"With a learning rate of {learning_rate:g} the validation loss was never a number.")
        self.learning_rate = learning_rate


class QuantizerMissing(FullcountError):
    """What quantises is not installed."""

    hint = "Install it with: pip install 'fullcount[quantize]'"

    def __init__(self, packages: Sequence[str]) -> None:
        super().__init__(f"An int8 variant needs {' and '.join(packages)}, which is not installed here.")


class QuantizationRefused(FullcountError):
    """Nothing that was tried keeps accuracy and calibration within their margins.

    Attributes:
        attempts: Method to what was measured.
    """

    hint = "Serve it in f32 or bf16; more validation images would measure the loss more finely."

    def __init__(self, attempts: Mapping[str, MeasuredPrecision]) -> None:
        margins = f"{ACCURACY_MARGIN * 100:g} points of accuracy and {CALIBRATION_MARGIN:g} of calibration error"
        found = "; ".join(f"{method}: {measured.sentence()}" for method, measured in attempts.items())
        super().__init__(f"No int8 variant stays within {margins}: {found}.")
        self.attempts = attempts


class ImagesMissing(FullcountError):
    """A folder without images that a version was trained or judged by."""

    def __init__(self, directory: Path, what: str, missing: Sequence[str]) -> None:
        first = f", the first is {missing[0]}" if missing else ""
        super().__init__(
            f"{directory} lacks {len(missing)} {what} of the version{first}.",
            hint="Name the folder that it was trained from, as it was; training/dataset.csv in the version lists it.",
        )
