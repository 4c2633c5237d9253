"""What can go wrong in the service, beside the errors of `model_store`.

::

    FullcountError
    ├── RequestInvalid          the request lacks something, or says something impossible
    │   ├── BodyEmpty
    │   ├── FieldMissing        a multipart form without the field asked for
    │   ├── FormMalformed       a body that is no readable form
    │   ├── BodyTooLarge        `limit_bytes`
    │   ├── ModelRequired       several models are served and none was named
    │   ├── MediaTypeUnsupported
    │   ├── BodyTimeout         the client stopped sending
    │   ├── ParameterInvalid
    │   └── LabelsDiffer        two reports whose models do not have the same labels
    ├── SetRejected         `reason` is one of `archive.REASONS`
    ├── Unavailable             come back later
    │   ├── NotReady
    │   ├── Overloaded          `retry_after_s`
    │   ├── Exhausted           the process has no more memory or files to open
    │   └── ShuttingDown
    ├── DeadlineExceeded        the answer would come later than anybody waits for it
    ├── SpoolMissing            there is no directory where uploads could wait
    ├── SpoolFull               no space where uploads wait
    ├── EngineError             nothing the caller did
    │   ├── EngineMissing       its package is not installed
    │   ├── DeviceMissing       a GPU was asked for that is not there
    │   ├── PrecisionMissing    neither this machine nor this version has it
    │   ├── GraphRefused        operations outside the allow-list; nothing was loaded
    │   ├── GoldenMismatch      the engine does not reproduce what training computed
    │   └── InferenceFailed
    ├── RenderingFailed         a report could not be drawn
    ├── ThumbnailNotFound       a file of a report has none
    ├── RecordsMissing          a report was kept without what other forms of it need
    ├── TrainingReportMissing   a version holds no report of its training
    ├── RequirementInvalid      `--min` asks for what no report has
    ├── ServerUnreachable       `--url` does not answer
    └── ServerRefused           `--url` answered with a problem

They know no HTTP status; `problems` has the one map from class to status.
"""

from collections.abc import Sequence

from model_store.errors import FullcountError
from model_store.text import NAMED, printable


class RequestInvalid(FullcountError):
    """A request that cannot be answered as it is."""


class BodyEmpty(RequestInvalid):
    """A body without a byte."""

    hint = "Send the file as the body, or as a multipart field; a folder must be made a zip first."

    def __init__(self) -> None:
        super().__init__("The request has an empty body.")


class FieldMissing(RequestInvalid):
    """A multipart form without the field that holds the file."""

    def __init__(self, field: str) -> None:
        super().__init__(f"The form has no file in a field named {field!r}.", hint=f"With curl: -F {field}=@FILE")


class FormMalformed(RequestInvalid):
    """A multipart body that cannot be parsed, or with more parts than allowed."""

    def __init__(self, detail: str) -> None:
        super().__init__(f"The form cannot be read: {detail}")


class BodyTooLarge(RequestInvalid):
    """A body with more bytes than the route takes, declared or found while it came in."""

    def __init__(self, limit_bytes: int) -> None:
        super().__init__(f"The body has more than {limit_bytes} bytes.")
        self.limit_bytes = limit_bytes


class ModelRequired(RequestInvalid):
    """Several models are served, and the request names none."""

    def __init__(self, available: Sequence[str]) -> None:
        super().__init__("There are several models; name one.", hint=f"Available: {', '.join(available)}.")
        self.available = list(available)


class MediaTypeUnsupported(RequestInvalid):
    """A declared media type that this route does not take."""

    def __init__(self, media_type: str, accepted: Sequence[str]) -> None:
        hint = f"Declare one of: {', '.join(accepted)}."
        if media_type == "application/x-www-form-urlencoded":  # what curl declares unless it is told
            hint += " With curl: -H 'Content-Type: image/jpeg', or application/zip."
        elif "zip" in media_type:
            hint = "A zip goes to /predict/batch or, with a folder per label, to /evaluate."
        super().__init__(f"This route does not take {media_type!r}.", hint=hint)
        self.accepted = list(accepted)


class BodyTimeout(RequestInvalid):
    """The client stopped sending in the middle of the body."""

    def __init__(self, timeout_s: float) -> None:
        super().__init__(f"No part of the body arrived for {timeout_s:g} s.")


class DeadlineExceeded(FullcountError):
    """There was no answer within the time that the client or the service allows."""

    hint = "Send fewer requests at once, or allow more time with X-Request-Timeout-Ms."

    def __init__(self, timeout_ms: int) -> None:
        super().__init__(f"There was no answer within {timeout_ms} ms; the work is dropped.")


class ParameterInvalid(RequestInvalid):
    """A query parameter out of its range."""

    def __init__(self, name: str, value: object, rule: str) -> None:
        super().__init__(f"{name}={value} is not possible: {rule}.")


class LabelsDiffer(RequestInvalid):
    """Two reports that cannot be compared, because their models do not have the same labels."""

    hint = "Compare reports of models that have the same labels."

    def __init__(self, labels: Sequence[str]) -> None:
        named = ", ".join(map(printable, labels[:NAMED]))
        rest = f" and {len(labels) - NAMED:,} more" if len(labels) > NAMED else ""
        super().__init__(f"The reports' models do not have the same labels; not in both: {named}{rest}.")


class Unavailable(FullcountError):
    """Not now.

    Attributes:
        retry_after_s: Seconds after which it is worth asking again.
    """

    retry_after_s: int = 1


class NotReady(Unavailable):
    """The models are still being loaded, or could not be."""

    def __init__(self, detail: str = "The models are being loaded.") -> None:
        super().__init__(detail)


class Overloaded(Unavailable):
    """As many are waiting, or under way, as may be."""

    hint = "Ask again after Retry-After seconds, or send fewer requests at once."

    def __init__(self, what: str, limit: int) -> None:
        super().__init__(f"There are {limit} {what} already, which is the limit.")


class Exhausted(Unavailable):
    """The process has none left of something that every request needs."""

    hint = "Ask again after Retry-After seconds, or give the service more."

    def __init__(self, what: str) -> None:
        super().__init__(f"The service has no {what} left for this request.")


class ShuttingDown(Unavailable):
    """The service stops."""

    def __init__(self) -> None:
        super().__init__("The service is shutting down.")


class SpoolMissing(FullcountError):
    """There is no directory where uploads could wait."""

    hint = "Name a directory that can be written with FULLCOUNT_SPOOL_DIR, or mount one at /tmp."

    def __init__(self, detail: str) -> None:
        super().__init__(f"There is no directory for uploads: {detail}.")


class SpoolFull(FullcountError):
    """There is no space left where uploads wait on disk."""

    hint = "Free some space, or name another directory with FULLCOUNT_SPOOL_DIR."

    def __init__(self) -> None:
        super().__init__("There is no space left for the upload.")


class EngineError(FullcountError):
    """An engine cannot do its work."""


class EngineMissing(EngineError):
    """The package of an engine is not installed."""

    def __init__(self, engine: str, package: str) -> None:
        super().__init__(
            f"The engine {engine!r} is not installed here.", hint=f"Install it with: pip install {package}"
        )


class DeviceMissing(EngineError):
    """A device was asked for that the engine does not see."""

    hint = "Use --device cpu or --device auto, or look at `fullcount doctor`."

    def __init__(self, engine: str, wanted: str, available: Sequence[str]) -> None:
        super().__init__(f"There is no device {wanted!r} here; {engine} sees {', '.join(available) or 'none'}.")


class PrecisionMissing(EngineError):
    """A precision was asked for that this machine or this version does not have."""

    def __init__(self, precision: str, why: str, *, hint: str = "Use --precision f32 or --precision auto.") -> None:
        super().__init__(f"There is no precision {precision!r} here: {why}.", hint=hint)


class GraphRefused(EngineError):
    """A SavedModel holds operations that no image classifier needs."""

    hint = "Only serve models that you trained or trust; publish this one again with `fullcount train`."

    def __init__(self, where: str, operations: Sequence[str]) -> None:
        super().__init__(f"{where} holds operations that are not on the allow-list: {', '.join(operations)}.")
        self.operations = list(operations)


class GoldenMismatch(EngineError):
    """The engine's answers to the golden samples are not what training computed."""

    hint = "The model and this engine do not fit together; publish the model again or use another engine."

    def __init__(self, detail: str) -> None:
        super().__init__(f"The golden samples are not reproduced: {detail}.")


class InferenceFailed(EngineError):
    """The engine raised an error for an image; the log has it."""

    def __init__(self) -> None:
        super().__init__("The model failed on this image.")


class RenderingFailed(FullcountError):
    """The process that renders a report ended without it."""

    hint = "The report as JSON is there all the same."

    def __init__(self, form: str, code: int, errors: str) -> None:
        last = errors.splitlines()[-1] if errors else f"it ended with {code}"
        super().__init__(f"The report could not be rendered as {form}: {last}")
        self.errors = errors


class RecordsMissing(FullcountError):
    """A stored report without the records of its files."""

    hint = "Evaluate the archive again; as application/json and image/png the report is there all the same."

    def __init__(self, evaluation_id: str, form: str) -> None:
        super().__init__(f"Report {evaluation_id} was kept without its files' records, which {form} needs.")


class ThumbnailNotFound(FullcountError):
    """A file of a report that has no thumbnail."""

    hint = "The list without a number says which have one."

    def __init__(self, evaluation_id: str, place: int) -> None:
        super().__init__(f"File {place} of report {evaluation_id} has no thumbnail.")


class TrainingReportMissing(FullcountError):
    """A version without a report of its training."""

    hint = "Versions published by `fullcount train` have one."

    def __init__(self, model: str, version: int) -> None:
        super().__init__(f"Version {version} of {model} has no training report.")


class RequirementInvalid(FullcountError):
    """A requirement on a report that no report can be compared with."""

    def __init__(self, requirement: str, reason: str) -> None:
        super().__init__(f"--min {requirement} is not possible: {reason}.")


class ServerUnreachable(FullcountError):
    """No service answers at the URL."""

    hint = "Start one with `fullcount serve`, or use --store to work without a server."

    def __init__(self, url: str, detail: str) -> None:
        super().__init__(f"No answer from {url}: {detail}.")


class ServerRefused(FullcountError):
    """The service answered with a problem."""

    def __init__(self, title: str, detail: str, *, hint: str | None = None) -> None:
        super().__init__(f"{title}: {detail}", hint=hint)
