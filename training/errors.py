"""The errors of training.

::

    FullcountError
    ├── DatasetInvalid          a folder that cannot be trained from as it is
    ├── LabelUnknown            a positive label that is not one of two labels
    ├── WeightsUnavailable      pretrained weights that are missing; the hint says how to get them
    ├── WeightsInvalid          a weights file with other contents than expected
    ├── DeviceUnavailable       a requested device that TensorFlow does not see
    ├── RunUnderWay             another process is training exactly this
    ├── HistoryInvalid          a file without readable learning curves
    ├── CacheUnusable           no room, or no permission, for the decoded pixels
    ├── TrainingDiverged        a learning rate so high that the loss is not a number
    ├── ThresholdInvalid        an unknown policy for the operating threshold
    ├── GroupingInvalid         a `--group-by` that is not a regular expression, or does not tell groups apart
    ├── QuantizerMissing        int8 was requested, but NNCF or OpenVINO is not installed
    ├── QuantizationRefused     int8 costs more accuracy or calibration than the margins allow; holds the numbers
    ├── ImagesMissing           a folder that lacks images that a version was trained or validated on
    ├── CacheLimitInvalid       a limit of the cache that is not a number of gigabytes
    ├── ImageLimitInvalid       a limit of one image that is not a whole number in its range
    └── ExportMismatch          the SavedModel does not answer as the Keras model does; nothing is published

Bytes that are not an image are not an error here: they are a fate in the audit.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path

from model_store.errors import FullcountError
from model_store.precision import ACCURACY_MARGIN, CALIBRATION_MARGIN, MeasuredPrecision
from model_store.text import counted, printable


class DatasetInvalid(FullcountError):
    """A folder of labelled images that cannot be trained from as it is.

    Attributes:
        directory: The folder.
        what: The cause, as a clause without a full stop, or as a question.
    """

    def __init__(self, directory: Path, what: str, *, hint: str) -> None:
        super().__init__(f"{directory}: {what}{'' if what.endswith('?') else '.'}", hint=hint)
        self.directory = directory
        self.what = what


class LabelUnknown(FullcountError):
    """A positive label that is not one of exactly two labels."""

    def __init__(self, positive: str, labels: Sequence[str]) -> None:
        listed = ", ".join(labels)
        if len(labels) == 2:
            super().__init__(f"The positive label {positive!r} is not one of: {listed}.")
        else:
            super().__init__(f"A positive label needs exactly two labels, and there are {len(labels)}: {listed}.")


class WeightsUnavailable(FullcountError):
    """Pretrained weights that are neither installed nor cached and cannot be downloaded.

    Random weights are never used instead; `--weights none` requests them.
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
    """A requested device that TensorFlow does not see."""

    hint = "Use --device auto or --device cpu, or install a TensorFlow that sees the GPU: `fullcount[serve-gpu]`."

    def __init__(self, device: str) -> None:
        super().__init__(f"TensorFlow sees no device {device!r}.")


class CacheUnusable(FullcountError):
    """A folder without room, or without permission, for the decoded pixels of the data set."""

    hint = "Set TMPDIR to a directory with more room."

    def __init__(self, directory: Path, needed_bytes: int, why: str) -> None:
        super().__init__(f"{needed_bytes / 1e6:,.0f} MB of decoded pixels do not fit into {directory}: {why}.")


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
    """Another process is doing the same run: the same data, settings and seed."""

    hint = "Wait for it to end, or change a setting such as --seed, which makes it another run."

    def __init__(self, directory: Path) -> None:
        super().__init__(f"Another process is doing exactly this training run; its state is in {directory}.")


class ThresholdInvalid(FullcountError):
    """An unknown policy for the operating threshold.

    Attributes:
        text: The policy, as the user wrote it.
    """

    hint = "Use a number between 0 and 1, best-f1, youden, or a bound over 0 and up to 1: recall>=0.95, precision>=0.9."

    def __init__(self, text: str) -> None:
        super().__init__(f"{text!r} is neither a threshold nor a policy to choose one.")
        self.text = text


class HistoryInvalid(FullcountError):
    """A file without readable learning curves.

    Attributes:
        path: The file.
        line: The number of the wrong line, from 1; None if the whole file is wrong.
    """

    def __init__(self, path: Path, what: str, *, hint: str, line: int | None = None) -> None:
        place = f"{path}" if line is None else f"{path}, line {line}"
        super().__init__(f"{place}: {what}.", hint=hint)
        self.path = path
        self.line = line


class CacheLimitInvalid(FullcountError):
    """A limit of the cache that is not a number of gigabytes."""

    hint = "Use a number of 0 or more, such as 20 or 0.5; with 0 no pixels are kept."

    def __init__(self, variable: str, text: str) -> None:
        super().__init__(f"{variable} is {text!r}, which is not a number of gigabytes.")


class ImageLimitInvalid(FullcountError):
    """A limit of one image that is not a whole number in its range."""

    def __init__(self, variable: str, text: str, highest: int | None) -> None:
        allowed = "1 or more" if highest is None else f"1 to {highest}"
        super().__init__(
            f"{variable} is {text!r}, which is not a whole number of {allowed}.",
            hint="Set it to such a number, or leave it unset for the default.",
        )


class GroupingInvalid(FullcountError):
    """A `--group-by` that is not a regular expression, or does not tell groups apart.

    Attributes:
        pattern: The expression, as the user wrote it.
    """

    hint = "Write a pattern whose first group, or whose whole match, in a file's path names the group of the file."

    def __init__(self, pattern: str, what: str) -> None:
        super().__init__(f"--group-by '{printable(pattern)}' {what}.")
        self.pattern = pattern


class TrainingDiverged(FullcountError):
    """A learning rate so high that the loss is not a number."""

    hint = "Use a lower learning rate, or leave it out to have it chosen on the validation images."

    def __init__(self, learning_rate: float) -> None:
        super().__init__(f"With a learning rate of {learning_rate:g} the validation loss is never a number.")
        self.learning_rate = learning_rate


class QuantizerMissing(FullcountError):
    """Packages that quantise are not installed."""

    hint = "Install them with: pip install 'fullcount[quantize]'"

    def __init__(self, packages: Sequence[str]) -> None:
        super().__init__(f"An int8 variant needs {' and '.join(packages)}, not installed here.")


class QuantizationRefused(FullcountError):
    """No quantisation method keeps accuracy and calibration within their margins.

    Attributes:
        attempts: Method → measured precision.
    """

    hint = "Serve it in f32 or bf16; more validation images would measure the loss more finely."

    def __init__(self, attempts: Mapping[str, MeasuredPrecision]) -> None:
        margins = f"{ACCURACY_MARGIN * 100:g} points of accuracy and {CALIBRATION_MARGIN:g} of calibration error"
        measurements = "; ".join(f"{method}: {measured.sentence()}" for method, measured in attempts.items())
        super().__init__(f"No int8 variant stays within {margins}: {measurements}.")
        self.attempts = attempts


class ImagesMissing(FullcountError):
    """A folder that lacks images that a version was trained or validated on."""

    def __init__(self, directory: Path, what: str, missing: Sequence[str]) -> None:
        first = f"; the first is {missing[0]}" if missing else ""
        super().__init__(
            f"{directory} lacks {counted(len(missing), what)} of the version{first}.",
            hint="Name the folder that it was trained from, unchanged; the version's training/dataset.csv lists it.",
        )
