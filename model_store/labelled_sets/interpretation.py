"""Values of a report that say how a labelled set was read, so that a person can check it."""

from typing import Literal

from pydantic import BaseModel, ConfigDict

from model_store.labelled_sets.recognition.folder_names import Split


class _Value(BaseModel):
    model_config = ConfigDict(frozen=True)


LayoutKind = Literal["labels", "splits", "parts", "labels-file"]
IgnoredReason = Literal["system-file", "not-an-image", "unlabelled", "labels-file", "mask", "not-usable"]


class Ignored(_Value):
    """An entry that is not an image of the set, and the reason."""

    path: str
    reason: IgnoredReason


class MatchedFolder(_Value):
    """Image files whose label differs from the model's in case only. `folder` may be a name in a `labels.csv`."""

    folder: str
    label: str
    files: int


class LabelsFile(_Value):
    """The table that gave the labels, such as a `labels.csv`."""

    path: str
    rows: int
    missing: list[str]
    """Paths in it, relative to its folder, that are not files of the set."""
    understood: list[str] = []
    """Sentences that say what its columns hold; empty if its first row says it with the names path and label."""


class FoundPart(_Value):
    """A folder of label folders, such as a split, a fold or a patient."""

    folder: str
    """Its path below the wrapper."""
    split: Split | None
    """The split that its name stands for, if any."""
    files: int
    """Image files in it that have a label."""


class Interpretation(_Value):
    """The choices made in reading a labelled set, because the set itself leaves them open."""

    wrapper: str | None
    """The common folder that was looked through; None if the set has none."""
    encoding: str | None
    """The encoding in which names in a zip were read that are neither ASCII nor marked as UTF-8."""
    matched: list[MatchedFolder]
    labels_file: LabelsFile | None
    """The table that gave the labels; the first one if there are several."""
    layout: LayoutKind = "labels"
    """The form in which the set gives the labels: label folders, such folders in splits or in other parts, a table."""
    parts: list[FoundPart] = []
    """The parts, in the order of their names; empty if the set has none."""
    labels: list[str] = []
    """The labels that image files were found under, sorted."""
    unlabelled: int = 0
    """Image files under no label or, if the model's labels are known, under none of these."""
    other_labels_files: list[LabelsFile] = []
    """The further tables, if several parts of the set have one each, such as `train` and `test`."""

    @property
    def labels_files(self) -> list[LabelsFile]:
        """The tables that gave the labels; empty if folders did."""
        return [] if self.labels_file is None else [self.labels_file, *self.other_labels_files]
