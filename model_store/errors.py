"""The errors of the model store, the pixels and the evaluation.

::

    FullcountError                  everything a person can be told about; `hint` says what to do next
    ├── ImageRejected               bytes that do not become pixels; `reason` is one of `pixels.REASONS`
    ├── NameInvalid                 a model, alias or label that may not be called that
    ├── ModelNotFound               `available` lists the models
    ├── VersionNotFound             `available` lists the versions
    ├── AliasNotFound               `available` lists the aliases
    ├── ReportNotFound          no report of that id
    ├── VersionInUse                an alias holds the version
    ├── VersionCorrupt              `differences` between the directory and its manifest
    ├── SchemaUnknown               a manifest of another time
    └── StoreUnusable               the directory cannot be read or written

Errors take data, not prose. They know no HTTP: `app.problems` maps them.
"""

from collections.abc import Sequence
from pathlib import Path

_ARCHIVE_HINTS = {
    "not-a-zip": "Pack the label folders as a zip, for instance with `python -m zipfile -c test.zip cats dogs`.",
    "no-labels": "Put the images into one folder per label (cats/1.jpg, dogs/2.jpg), or add a labels.csv: path,label.",
    "labels-file": "Write path,label into its first row and one image into each other; save it as 'CSV UTF-8'.",
}


class FullcountError(Exception):
    """An error that a person caused and a person can mend.

    Attributes:
        hint: What to do next, as one sentence, or None.
    """

    hint: str | None = None

    def __init__(self, message: str, *, hint: str | None = None) -> None:
        super().__init__(message)
        if hint is not None:
            self.hint = hint


class SetRejected(FullcountError):
    """An archive that is refused as a whole.

    Attributes:
        reason: One of `model_store.labelled_sets.labelled_set.REASONS`.
    """

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(detail, hint=_ARCHIVE_HINTS.get(reason))
        self.reason = reason


class ImageRejected(FullcountError):
    """Bytes that do not become pixels.

    Attributes:
        reason: One of `model_store.images.pixels.REASONS`.
        detail: The same as a sentence, with the values that led to it.
    """

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(detail)
        self.reason = reason
        self.detail = detail

    def __reduce__(self) -> tuple[type["ImageRejected"], tuple[str, str]]:
        return type(self), (self.reason, self.detail)


class NameInvalid(FullcountError):
    """A name that a model, an alias or a label may not have."""

    def __init__(self, kind: str, name: str, rule: str) -> None:
        super().__init__(f"{name!r} cannot be the name of {kind}: {rule}.")
        self.name = name


class NotFound(FullcountError):
    """Something asked for by name that is not there.

    Attributes:
        available: What is there instead, in the order to show it.
    """

    def __init__(self, message: str, available: Sequence[str | int]) -> None:
        there = ", ".join(str(one) for one in available) or "none"
        super().__init__(message, hint=f"Available: {there}.")
        self.available = list(available)


class ModelNotFound(NotFound):
    """The store has no version of a model of that name."""

    def __init__(self, model: str, available: Sequence[str]) -> None:
        super().__init__(f"There is no model {model!r}.", available)
        self.model = model


class VersionNotFound(NotFound):
    """The model has no such version."""

    def __init__(self, model: str, version: int, available: Sequence[int]) -> None:
        super().__init__(f"Model {model!r} has no version {version}.", available)
        self.model = model
        self.version = version


class AliasNotFound(NotFound):
    """The model has no such alias."""

    def __init__(self, model: str, alias: str, available: Sequence[str]) -> None:
        super().__init__(f"Model {model!r} has no alias {alias!r}.", available)


class ReportNotFound(FullcountError):
    """No stored report has that id."""

    hint = "List the stored reports with GET /evaluations."

    def __init__(self, evaluation_id: str) -> None:
        super().__init__(f"There is no evaluation {evaluation_id!r}.")


class VersionInUse(FullcountError):
    """A version that an alias points to cannot be removed."""

    def __init__(self, model: str, version: int, alias: str) -> None:
        super().__init__(
            f"Version {version} of {model!r} is what alias {alias!r} points to.",
            hint="Point the alias to another version first.",
        )


class VersionCorrupt(FullcountError):
    """A version directory that is not what its manifest says.

    Attributes:
        differences: Every difference, one sentence each.
    """

    hint = "Restore the directory from a copy, or publish the model again."

    def __init__(self, directory: Path, differences: Sequence[str]) -> None:
        super().__init__(f"{directory} is not what its manifest says: {'; '.join(differences)}.")
        self.directory = directory
        self.differences = list(differences)


class SchemaUnknown(FullcountError):
    """A manifest with a schema version that this release does not read."""

    def __init__(self, directory: Path, schema_version: object, known: Sequence[int]) -> None:
        readable = ", ".join(map(str, known))
        super().__init__(
            f"The manifest in {directory} has schema version {schema_version!r}; this release reads {readable}.",
            hint="Use the release of Fullcount that published it, or publish the model again with this one.",
        )


class StoreUnusable(FullcountError):
    """The store's directory is missing, no directory, or not open to this user."""

    def __init__(self, directory: Path, what: str, *, hint: str | None = None) -> None:
        super().__init__(f"The model store {directory} {what}.", hint=hint)
        self.directory = directory
