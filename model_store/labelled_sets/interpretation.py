"""Interpretation."""

from typing import Literal

from pydantic import BaseModel, ConfigDict


class _Value(BaseModel):
    model_config = ConfigDict(frozen=True)


IgnoredReason = Literal["system-file", "not-an-image", "unlabelled", "labels-file"]


class Ignored(_Value):
    """An entry that is not an image of the set, and why."""

    path: str
    reason: IgnoredReason


class MatchedFolder(_Value):
    """Image files whose label is spelled in another case than the model's; the folder may be a name in `labels.csv`."""

    folder: str
    label: str
    files: int


class LabelsFile(_Value):
    """The `labels.csv` that gave the labels."""

    path: str
    rows: int
    missing: list[str]
    """Paths in it, relative to its folder, that are no files."""


class Interpretation(_Value):
    """How a labelled set was read where it does not say so itself."""

    wrapper: str | None
    """The common folder that was looked through."""
    encoding: str | None
    """What the names in a zip were read as that are neither ASCII nor marked as UTF-8."""
    matched: list[MatchedFolder]
    labels_file: LabelsFile | None
