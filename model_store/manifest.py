"""The description of one version: what `manifest.json` says, as a frozen value.

`Description` is what training writes; `Manifest` adds what publishing knows: name, version, time and the digest of
every file. Nothing here touches the disk, except that `read_manifest` parses the bytes of one.
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
"""The last column of every confusion matrix, and therefore no label."""


def _inside(path: str) -> str:
    """Return a path that stays in the directory it is relative to and is spelled in the one way."""
    pure = PurePosixPath(path)
    if pure.is_absolute() or not pure.parts or ".." in pure.parts or "\0" in path or str(pure) != path:
        raise ValueError(f"{path!r} is no path inside the version's directory")
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
    """The main figures of an evaluation made while training; null where one cannot be computed."""

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
    """Split (`train`, `validation`, `test`) to label to number of files."""
    fates: dict[str, int]
    """Fate to number of files; the sum is the number of files found."""
    digest: Sha256
    """Digest over the sorted lines of `training/dataset.csv`'s paths, digests, labels and splits."""


class TrainingImages(_Frozen):
    """Hashes of the pictures trained on, kept in a file of the version."""

    file: InnerPath
    count: Annotated[int, Field(ge=0)]
    digest: Sha256


class TensorSpec(_Frozen):
    """One tensor of the signature."""

    name: str
    dtype: str
    shape: tuple[int | None, ...]


class Signature(_Frozen):
    """A function of the SavedModel; the one by this name is served."""

    name: str = "serving_default"
    input: TensorSpec
    output: TensorSpec


class Description(_Frozen):
    """What training says about a version."""

    labels: Annotated[tuple[Annotated[str, Field(min_length=1)], ...], Field(min_length=2)]
    """Names of the classes in the order of the output."""
    positive: str | None = None
    """With two labels, the one that threshold, precision and recall speak of."""
    threshold: Annotated[float, Field(gt=0, lt=1)] | None = None
    """Probability of `positive` from which a picture is called so."""
    input: InputSpec
    backbone: str
    weights: str
    """Where the backbone's weights came from."""
    parameters: Annotated[int, Field(ge=0)]
    temperature: Annotated[float, Field(gt=0)] = 1.0
    """By which the logits are divided inside the graph."""
    metrics: dict[str, Headline] = Field(default_factory=dict)
    """`validation` and `test`, where there is one."""
    precisions: dict[Precision, MeasuredPrecision] = Field(default_factory=dict)
    """What was measured of `bf16`, where the engine for it was there, and of `int8`, where there is such a variant."""
    dataset: DatasetSummary
    training_images: TrainingImages | None = None
    software: dict[str, str] = Field(default_factory=dict)
    settings: dict[str, Scalar] = Field(default_factory=dict)
    """Everything else that decided the result: seed, epochs, learning rate and so on."""
    signature: Signature
    activation_maps: Signature | None = None
    """What answers with float32 class activation maps `(n, rows, columns, labels)`, where there is such: their mean
    over rows and columns is the logits, but for what is the same for every label."""

    @property
    def decision(self) -> "Decision":
        """How this model's probabilities become a label."""
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
    """Posix path to digest, for every file of the directory but the manifest."""

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
