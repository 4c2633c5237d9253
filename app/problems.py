"""From an exception to an RFC 9457 problem: the only place that knows which error has which HTTP status.

Every type is described at `/problems/NAME` and in docs/problems.md.
"""

import errno
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from pydantic import BaseModel, ConfigDict

from app import errors
from model_store import errors as store_errors
from model_store.errors import SetRejected


class _Body(BaseModel):
    model_config = ConfigDict(frozen=True)


class ProblemBody(_Body):
    """An RFC 9457 problem; further members carry data."""

    model_config = ConfigDict(frozen=True, extra="allow")

    type: str
    title: str
    status: int
    detail: str
    instance: str | None = None


MEDIA_TYPE: Final = "application/problem+json"


@dataclass(frozen=True)
class ProblemType:
    """One kind of problem."""

    name: str
    status: int
    title: str

    @property
    def uri(self) -> str:
        """The problem's `type`, relative to the service that answers."""
        return f"/problems/{self.name}"


def _type(name: str, status: int, title: str) -> ProblemType:
    return ProblemType(name, status, title)


INTERNAL: Final = _type("internal-error", 500, "Internal error")
INVALID: Final = _type("invalid-parameter", 422, "Invalid parameter")
NO_SPACE: Final = _type("no-space", 507, "No space")
OVERLOADED: Final = _type("overloaded", 503, "Overloaded")
MALFORMED: Final = _type("malformed-request", 400, "Malformed request")
HEAD_TIMEOUT: Final = _type("head-timeout", 408, "Head timeout")
HEAD_TOO_LARGE: Final = _type("head-too-large", 431, "Head too large")

TYPES: Final[Mapping[type[Exception], ProblemType]] = {
    errors.BodyEmpty: _type("empty-body", 400, "Empty body"),
    errors.FieldMissing: _type("missing-file", 400, "Missing file"),
    errors.FormMalformed: _type("malformed-form", 400, "Malformed form"),
    errors.BodyTooLarge: _type("body-too-large", 413, "Body too large"),
    errors.ModelRequired: _type("model-required", 400, "Model required"),
    store_errors.ModelNotFound: _type("model-not-found", 404, "Unknown model"),
    store_errors.VersionNotFound: _type("version-not-found", 404, "Unknown version"),
    store_errors.ReportNotFound: _type("evaluation-not-found", 404, "Unknown evaluation"),
    errors.ThumbnailNotFound: _type("thumbnail-not-found", 404, "Unknown thumbnail"),
    errors.RecordsMissing: _type("records-missing", 406, "Records missing"),
    errors.BodyTimeout: _type("body-timeout", 408, "Body timeout"),
    errors.MediaTypeUnsupported: _type("unsupported-media-type", 415, "Unsupported media type"),
    errors.ParameterInvalid: INVALID,
    errors.LabelsDiffer: _type("labels-differ", 422, "Labels differ"),
    store_errors.ImageRejected: _type("image-rejected", 422, "Image rejected"),
    SetRejected: _type("archive-rejected", 422, "Archive rejected"),
    errors.InferenceFailed: _type("inference-failed", 500, "Inference failed"),
    errors.RenderingFailed: _type("rendering-failed", 500, "Rendering failed"),
    errors.EngineError: _type("model-unusable", 500, "Model unusable"),
    store_errors.VersionCorrupt: _type("model-unusable", 500, "Model unusable"),
    store_errors.SchemaUnknown: _type("model-unusable", 500, "Model unusable"),
    errors.NotReady: _type("not-ready", 503, "Not ready"),
    errors.Overloaded: OVERLOADED,
    errors.Exhausted: OVERLOADED,
    errors.ShuttingDown: _type("shutting-down", 503, "Shutting down"),
    errors.DeadlineExceeded: _type("deadline-exceeded", 504, "Deadline exceeded"),
    errors.SpoolFull: NO_SPACE,
}
"""Exception class → problem; a subclass has its parent's where it has none of its own."""

BY_STATUS: Final[Mapping[int, ProblemType]] = {
    400: TYPES[errors.FormMalformed],
    404: _type("not-found", 404, "Not found"),
    405: _type("method-not-allowed", 405, "Method not allowed"),
}
"""Problems that the framework raises itself."""

_MEMBERS: Final = ("reason", "available", "accepted", "limit_bytes", "hint")


def all_types() -> dict[str, ProblemType]:
    """Return every problem type by its name."""
    every = [*TYPES.values(), *BY_STATUS.values(), INTERNAL, MALFORMED, HEAD_TIMEOUT, HEAD_TOO_LARGE]
    return {one.name: one for one in every}


def problem_of(error: Exception) -> tuple[ProblemType, ProblemBody]:
    """Describe an error; what is not the caller's doing is not told in detail."""
    error = _told(error)
    kind = next((TYPES[one] for one in type(error).__mro__ if one in TYPES), INTERNAL)
    if kind.status == 500:
        return kind, _body(kind, "Something went wrong here; the log has it under this request's id.")
    members = {name: value for name in _MEMBERS if (value := getattr(error, name, None)) is not None}
    return kind, _body(kind, str(error), **members)


def _told(error: Exception) -> Exception:
    """Translate what the system says when it is at an end of something."""
    if isinstance(error, MemoryError):
        return errors.Exhausted("memory")
    if isinstance(error, OSError) and error.errno in {errno.EMFILE, errno.ENFILE}:
        return errors.Exhausted("files to open")
    if isinstance(error, OSError) and error.errno in {errno.ENOSPC, errno.EDQUOT}:
        return errors.SpoolFull()
    return error


def _body(kind: ProblemType, detail: str, **members: Any) -> ProblemBody:  # noqa: ANN401  any JSON value
    return ProblemBody(type=kind.uri, title=kind.title, status=kind.status, detail=detail, **members)
