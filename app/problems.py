"""The one map from an exception to an RFC 9457 problem, with its type and its HTTP status.

Every type is described at `/problems/NAME` and in docs/reference/problems.md. This module does not depend on a web
framework: `api.problem_responses` makes the responses.
"""

import errno
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from pydantic import BaseModel, ConfigDict

from app import errors
from model_store import errors as store_errors
from model_store.text import printable


class ProblemBody(BaseModel):
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

    def body(self, detail: str, **members: Any) -> ProblemBody:  # noqa: ANN401  any JSON value
        """Return a problem of this type. Names in its detail, which are other people's, keep its line and direction."""
        return ProblemBody(type=self.uri, title=self.title, status=self.status, detail=printable(detail), **members)


INTERNAL: Final = ProblemType("internal-error", 500, "Internal error")
INVALID: Final = ProblemType("invalid-parameter", 422, "Invalid parameter")
MODEL_UNUSABLE: Final = ProblemType("model-unusable", 500, "Model unusable")
OVERLOADED: Final = ProblemType("overloaded", 503, "Overloaded")
UNSUPPORTED: Final = ProblemType("unsupported-media-type", 415, "Unsupported media type")
MALFORMED: Final = ProblemType("malformed-request", 400, "Malformed request")
NOT_FOUND: Final = ProblemType("not-found", 404, "Not found")
HEAD_TIMEOUT: Final = ProblemType("head-timeout", 408, "Head timeout")
HEAD_TOO_LARGE: Final = ProblemType("head-too-large", 431, "Head too large")

TYPES: Final[Mapping[type[Exception], ProblemType]] = {
    errors.BodyEmpty: ProblemType("empty-body", 400, "Empty body"),
    errors.FieldMissing: ProblemType("missing-file", 400, "Missing file"),
    errors.FormMalformed: ProblemType("malformed-form", 400, "Malformed form"),
    errors.BodyTooLarge: ProblemType("body-too-large", 413, "Body too large"),
    errors.ModelRequired: ProblemType("model-required", 400, "Model required"),
    store_errors.ModelNotFound: ProblemType("model-not-found", 404, "Unknown model"),
    store_errors.VersionNotFound: ProblemType("version-not-found", 404, "Unknown version"),
    store_errors.ReportNotFound: ProblemType("evaluation-not-found", 404, "Unknown evaluation"),
    errors.TrainingReportMissing: NOT_FOUND,
    errors.ThumbnailNotFound: ProblemType("thumbnail-not-found", 404, "Unknown thumbnail"),
    errors.RecordsMissing: ProblemType("records-missing", 406, "Records missing"),
    errors.BodyTimeout: ProblemType("body-timeout", 408, "Body timeout"),
    errors.MediaTypeUnsupported: UNSUPPORTED,
    errors.CodingUnsupported: UNSUPPORTED,
    errors.ParameterInvalid: INVALID,
    errors.PageForeign: ProblemType("foreign-page", 403, "Foreign page"),
    errors.HostForeign: ProblemType("foreign-host", 421, "Foreign host"),
    errors.LabelsDiffer: ProblemType("labels-differ", 422, "Labels differ"),
    store_errors.ImageRejected: ProblemType("image-rejected", 422, "Image rejected"),
    store_errors.SetRejected: ProblemType("archive-rejected", 422, "Archive rejected"),
    store_errors.CorrectionsRejected: ProblemType("corrections-rejected", 422, "Corrections rejected"),
    errors.InferenceFailed: ProblemType("inference-failed", 500, "Inference failed"),
    errors.RenderingFailed: ProblemType("rendering-failed", 500, "Rendering failed"),
    errors.EngineError: MODEL_UNUSABLE,
    store_errors.VersionCorrupt: MODEL_UNUSABLE,
    store_errors.SchemaUnknown: MODEL_UNUSABLE,
    errors.NotReady: ProblemType("not-ready", 503, "Not ready"),
    errors.Overloaded: OVERLOADED,
    errors.Exhausted: OVERLOADED,
    errors.ShuttingDown: ProblemType("shutting-down", 503, "Shutting down"),
    errors.MemoryNeverEnough: ProblemType("too-much-memory", 413, "Too much memory"),
    errors.DeadlineExceeded: ProblemType("deadline-exceeded", 504, "Deadline exceeded"),
    errors.SpoolFull: ProblemType("no-space", 507, "No space"),
}
"""Exception class → problem type; a subclass that is not listed has the type of its parent."""

BY_STATUS: Final[Mapping[int, ProblemType]] = {
    400: TYPES[errors.FormMalformed],
    404: NOT_FOUND,
    405: ProblemType("method-not-allowed", 405, "Method not allowed"),
}
"""HTTP status → problem type, for errors that a web framework raises itself."""

_MEMBERS: Final = ("reason", "available", "accepted", "limit_bytes", "hint")


def all_types() -> dict[str, ProblemType]:
    """Return every problem type by its name."""
    every = [*TYPES.values(), *BY_STATUS.values(), INTERNAL, MALFORMED, HEAD_TIMEOUT, HEAD_TOO_LARGE]
    return {kind.name: kind for kind in every}


def problem_of(error: Exception) -> ProblemBody:
    """Describe an error. The details of an internal error are left to the log."""
    error = _translated(error)
    kind = next((TYPES[parent] for parent in type(error).__mro__ if parent in TYPES), INTERNAL)
    if kind.status == 500:
        return kind.body("The service failed. Its log shows the error under the id of this request.")
    members = {name: value for name in _MEMBERS if (value := getattr(error, name, None)) is not None}
    return kind.body(str(error), **members)


def retry_after_s(error: Exception) -> int | None:
    """Return the number of seconds after which to retry, or None if retrying does not help."""
    error = _translated(error)
    return error.retry_after_s if isinstance(error, errors.Unavailable) else None


def _translated(error: Exception) -> Exception:
    """Replace a system error that reports an exhausted resource with one of `errors`; return any other unchanged."""
    if isinstance(error, MemoryError):
        return errors.Exhausted("memory")
    if isinstance(error, OSError) and error.errno in {errno.EMFILE, errno.ENFILE}:
        return errors.Exhausted("files to open")
    if isinstance(error, OSError) and error.errno in {errno.ENOSPC, errno.EDQUOT}:
        return errors.SpoolFull()
    return error
