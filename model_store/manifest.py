"""The description of one version: the content of `manifest.json`, as a frozen value.

Training writes a `Description`; publishing adds name, version, time and the digest of every file and makes it a
`Manifest`. Nothing here touches the disk: `storage.manifest_file` reads one.
"""

import json
from collections.abc import Mapping
from datetime import datetime
from pathlib import PurePosixPath
from typing import Annotated, Final, Literal, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from model_store.decision import Decision
from model_store.images.pixels import InputSpec
from model_store.precision import MeasuredPrecision, Precision

SCHEMA_VERSION: Final = 1
MANIFEST_NAME: Final = "manifest.json"
UNREADABLE: Final = "unreadable"
"""The last column of every confusion matrix, and therefore not a valid label."""


def _inside(path: str) -> str:
    """Return `path` if it is a normalised relative path that stays inside its directory."""
    pure = PurePosixPath(path)
    if pure.is_absolute() or not pure.parts or ".." in pure.parts or "\0" in path or str(pure) != path:
        raise ValueError(f"{path!r} is not a path inside the version's directory")
    return path


InnerPath = Annotated[str, AfterValidator(_inside)]
Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
Scalar = str | int | float | bool | None


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class FileDigest(_Frozen):
    """One file of a version."""

    sha256: Sha256
    bytes: Annotated[int, Field(ge=0)]


class Headline(_Frozen):
    """The main figures of an evaluation made during training; null if a figure cannot be computed."""

    images: Annotated[int, Field(ge=0)]
    scored: Annotated[int, Field(ge=0)]
    accuracy: float | None
    accuracy_low: float | None
    accuracy_high: float | None
    balanced_accuracy: float | None
    log_loss: float | None
    majority_baseline: float | None


class DatasetSummary(_Frozen):
    """The labelled files that the version was trained from."""

    counts: dict[str, dict[str, int]]
    """Number of files by split (`train`, `validation`, `test`) and label."""
    fates: dict[str, int]
    """Number of files by fate; the sum is the number of files in the folder."""
    digest: Sha256
    """Digest of the sorted lines of `training/dataset.csv`: paths, digests, labels and splits."""


class TrainingImages(_Frozen):
    """Fingerprints of the training images, kept in a file of the version."""

    file: InnerPath
    count: Annotated[int, Field(ge=0)]
    digest: Sha256


class TensorSpec(_Frozen):
    """One tensor of the signature."""

    name: str
    dtype: str
    shape: tuple[int | None, ...]


class Signature(_Frozen):
    """A function of the SavedModel, with its input and output; `serving_default` is served."""

    name: str = "serving_default"
    input: TensorSpec
    output: TensorSpec


class Description(_Frozen):
    """A version as training describes it."""

    labels: Annotated[tuple[Annotated[str, Field(min_length=1)], ...], Field(min_length=2)]
    """Names of the classes in the order of the output."""
    positive: str | None = None
    """With two labels, the one that threshold, precision and recall refer to."""
    threshold: Annotated[float, Field(gt=0, lt=1)] | None = None
    """A picture is predicted `positive` from this probability on."""
    input: InputSpec
    backbone: str
    weights: str
    """Origin of the backbone's weights."""
    parameters: Annotated[int, Field(ge=0)]
    temperature: Annotated[float, Field(gt=0)] = 1.0
    """Divisor of the logits inside the graph."""
    metrics: dict[str, Headline] = Field(default_factory=dict)
    """Main figures of `validation` and, if there is a test split, of `test`."""
    precisions: dict[Precision, MeasuredPrecision] = Field(default_factory=dict)
    """Measurements of `bf16`, if an engine for it was available, and of `int8`, if the version has this variant."""
    dataset: DatasetSummary
    training_images: TrainingImages | None = None
    software: dict[str, str] = Field(default_factory=dict)
    settings: dict[str, Scalar] = Field(default_factory=dict)
    """Everything else that determined the result: seed, epochs, learning rate and so on."""
    signature: Signature
    activation_maps: Signature | None = None
    """The function that returns float32 class activation maps `(n, rows, columns, labels)`, if the model has one. Their
    mean over rows and columns is the logits, up to a constant that is the same for every label."""

    @property
    def decision(self) -> Decision:
        """The rule that turns this model's probabilities into a label."""
        return Decision(self.labels, self.positive, self.threshold)

    @model_validator(mode="after")
    def _labels_make_sense(self) -> Self:
        if len(set(self.labels)) != len(self.labels):
            raise ValueError("labels must differ from each other")
        if UNREADABLE in self.labels:
            raise ValueError(f"{UNREADABLE!r} is the name of a column in every report and cannot be a label")
        if (self.positive is None) != (self.threshold is None):
            raise ValueError("positive and threshold come together")
        if self.positive is not None and (len(self.labels) != 2 or self.positive not in self.labels):
            raise ValueError("positive must be one of exactly two labels")
        return self


class Manifest(Description):
    """A published version."""

    schema_version: Literal[1] = SCHEMA_VERSION
    model: str
    version: Annotated[int, Field(gt=0)]
    created: datetime
    files: dict[InnerPath, FileDigest]
    """Digest of every file in the directory except the manifest, by POSIX path."""

    @model_validator(mode="after")
    def _files_make_sense(self) -> Self:
        if MANIFEST_NAME in self.files:
            raise ValueError(f"files cannot list {MANIFEST_NAME} itself")
        if self.training_images is not None and self.training_images.file not in self.files:
            raise ValueError(f"training_images names {self.training_images.file!r}, which is not among the files")
        return self

    def to_json(self) -> str:
        """Return the text of `manifest.json`: sorted, indented, with a final newline."""
        return json.dumps(self.model_dump(mode="json"), indent=2, sort_keys=True, ensure_ascii=False) + "\n"


def headline(metrics: Mapping[str, Headline]) -> Headline | None:
    """Return the figures to show for a version: the test split's, else the validation split's."""
    return metrics.get("test") or metrics.get("validation")
