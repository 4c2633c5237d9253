"""The errors of the model store, the pixels and the evaluation.

::

    FullcountError                  base of every error that a user can act on; `hint` says what to do next
    ├── SetRejected                 a labelled set refused as a whole; `reason` is one of `labelled_set.REASONS`
    │   └── LabelColumnUnclear      two columns of a table could be the label
    ├── CorrectionsRejected         a file of corrections that cannot be applied as it is
    ├── ImageRejected               bytes that cannot be decoded; `reason` is one of `pixels.REASONS`
    ├── NameInvalid                 an invalid name for a model, an alias or a label
    ├── NotFound                    `available` lists the names or numbers that exist
    │   ├── ModelNotFound
    │   ├── VersionNotFound
    │   └── AliasNotFound
    ├── ReportNotFound              no stored report has this id
    ├── VersionInUse                an alias points to the version
    ├── VersionCorrupt              `differences` between the directory and its manifest
    ├── SchemaUnknown               a manifest with a schema version that this release does not read
    └── StoreUnusable               the directory cannot be read or written

Errors take data, not prose. They know no HTTP: `app.problems` maps them.
"""

from collections.abc import Sequence
from pathlib import Path

_ARCHIVE_HINTS = {
    "not-a-zip": "Pack the label folders as a zip, for instance with `python -m zipfile -c test.zip cats dogs`.",
    "no-labels": "Put the images into one folder per label (cats/1.jpg, dogs/2.jpg), or add a labels.csv: path,label.",
    "no-known-label": "Give the folders the names of the labels, or add a labels.csv with the label of each image.",
    "ambiguous-layout": "Say it with --layout splits or --layout labels; over HTTP, with ?layout=splits or =labels.",
    "labels-file": "Write path,label into the first row and one image into each following row; save as 'CSV UTF-8'.",
}


class FullcountError(Exception):
    """An error that the user can fix.

    Attributes:
        hint: One sentence that says what to do next, or None.
    """

    hint: str | None = None

    def __init__(self, message: str, *, hint: str | None = None) -> None:
        super().__init__(message)
        if hint is not None:
            self.hint = hint


class SetRejected(FullcountError):
    """A labelled set, a zip or a folder, that is refused as a whole.

    Attributes:
        reason: One of `model_store.labelled_sets.labelled_set.REASONS`.
    """

    def __init__(self, reason: str, detail: str, *, hint: str | None = None) -> None:
        super().__init__(detail, hint=hint or _ARCHIVE_HINTS.get(reason))
        self.reason = reason


class LabelColumnUnclear(SetRejected):
    """Several columns of a table could be the label.

    Attributes:
        path: The path of the table.
        candidates: The names of those columns.
        columns: The names of all columns.
    """

    def __init__(self, path: str, candidates: Sequence[str], columns: Sequence[str]) -> None:
        which = " or ".join(f"'{name}'" for name in candidates)
        super().__init__(
            "labels-file", f"{path}: which column is the label, {which}? Its columns are {', '.join(columns)}."
        )
        self.hint = "Call that column 'label' in the table's first row."
        self.path = path
        self.candidates = list(candidates)
        self.columns = list(columns)


class CorrectionsRejected(FullcountError):
    """A file of corrections that cannot be applied as it is; nothing of it is.

    Attributes:
        filename: The name of the file.
        row: The number of the row, from 1, or None.
    """

    hint = "Write path,was,should_be,why into the first row, and one file into each following row."
    _hint_of_row = "Change the row, or remove it; nothing of the file was applied."

    def __init__(self, filename: str, detail: str, *, row: int | None = None, hint: str | None = None) -> None:
        where = filename if row is None else f"{filename}, row {row}"
        hint = hint if hint is not None or row is None else self._hint_of_row
        super().__init__(f"{where}: {detail}.", hint=hint)
        self.filename = filename
        self.row = row


class ImageRejected(FullcountError):
    """An image file that cannot be decoded to pixels.

    Attributes:
        reason: One of `model_store.images.pixels.REASONS`.
        detail: The reason as a sentence, with the values that led to it.
    """

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(detail)
        self.reason = reason
        self.detail = detail

    def __reduce__(self) -> tuple[type["ImageRejected"], tuple[str, str]]:
        return type(self), (self.reason, self.detail)


class NameInvalid(FullcountError):
    """An invalid name for a model, an alias or a label."""

    def __init__(self, kind: str, name: str, rule: str) -> None:
        super().__init__(f"{name!r} cannot be the name of {kind}: {rule}.")
        self.name = name


class NotFound(FullcountError):
    """A requested model, version or alias that does not exist.

    Attributes:
        available: The names or numbers that exist, in the order to show them.
    """

    def __init__(self, message: str, available: Sequence[str | int]) -> None:
        listed = ", ".join(map(str, available)) or "none"
        super().__init__(message, hint=f"Available: {listed}.")
        self.available = list(available)


class ModelNotFound(NotFound):
    """The store has no model with this name, or the model has no versions."""

    def __init__(self, model: str, available: Sequence[str]) -> None:
        super().__init__(f"There is no model {model!r}.", available)
        self.model = model
        if not available:
            self.hint = "Publish one with `fullcount train`."


class VersionNotFound(NotFound):
    """The model has no version with this number."""

    def __init__(self, model: str, version: int, available: Sequence[int]) -> None:
        super().__init__(f"Model {model!r} has no version {version}.", available)
        self.model = model
        self.version = version


class AliasNotFound(NotFound):
    """The model has no alias with this name."""

    def __init__(self, model: str, alias: str, available: Sequence[str]) -> None:
        super().__init__(f"Model {model!r} has no alias {alias!r}.", available)


class ReportNotFound(FullcountError):
    """No stored report has this id."""

    hint = "List the stored reports with GET /evaluations."

    def __init__(self, evaluation_id: str) -> None:
        super().__init__(f"There is no evaluation {evaluation_id!r}.")


class VersionInUse(FullcountError):
    """A version that an alias points to cannot be removed."""

    def __init__(self, model: str, version: int, alias: str) -> None:
        super().__init__(
            f"Version {version} of {model!r} cannot be removed: alias {alias!r} points to it.",
            hint="Point the alias to another version first.",
        )


class VersionCorrupt(FullcountError):
    """A version directory that does not match its manifest.

    Attributes:
        differences: Every difference, as one sentence each.
    """

    hint = "Restore the directory from a copy, or publish the model again."

    def __init__(self, directory: Path, differences: Sequence[str]) -> None:
        super().__init__(f"{directory} does not match its manifest: {'; '.join(differences)}.")
        self.directory = directory
        self.differences = list(differences)


class SchemaUnknown(FullcountError):
    """A manifest with a schema version that this release does not read."""

    def __init__(self, directory: Path, schema_version: object, known: Sequence[int]) -> None:
        readable = ", ".join(map(str, known))
        super().__init__(
            f"The manifest in {directory} has schema version {schema_version!r:.60}; this release reads {readable}.",
            hint="Use the release of Fullcount that published it, or publish the model again with this one.",
        )


class StoreUnusable(FullcountError):
    """The store's directory is missing, is not a directory, or denies access to this user.

    Args:
        directory: The store, or the part of it that failed.
        failure: What failed, as a predicate: `cannot be read (Permission denied)`.
        hint: What to do next.
    """

    def __init__(self, directory: Path, failure: str, *, hint: str | None = None) -> None:
        super().__init__(f"The model store {directory} {failure}.", hint=hint)
        self.directory = directory
