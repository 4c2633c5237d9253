"""The errors of the service, beside those of `model_store`.

::

    FullcountError
    ├── RequestInvalid          the request lacks something, or contradicts itself
    │   ├── BodyEmpty
    │   ├── FieldMissing        a multipart form without the field asked for
    │   ├── FormMalformed       a body that cannot be parsed as a form
    │   ├── BodyTooLarge        `limit_bytes`
    │   ├── ModelRequired       several models are served and the request names none
    │   ├── MediaTypeUnsupported
    │   ├── CodingUnsupported   a body with a `Content-Encoding`
    │   ├── BodyTimeout         the client stopped sending
    │   ├── ParameterInvalid
    │   └── LabelsDiffer        two reports whose models do not have the same labels
    ├── Unavailable             worth retrying later
    │   ├── NotReady
    │   ├── Overloaded          `retry_after_s`
    │   ├── Exhausted           the process has no memory or file handles left
    │   └── ShuttingDown
    ├── DeadlineExceeded        the answer took longer than the client or the service allows
    ├── SpoolMissing            there is no directory for uploads
    ├── SpoolFull               no space is left for uploads
    ├── EngineError             the engine failed; the caller cannot help it
    │   ├── EngineMissing       its package is not installed
    │   ├── DeviceMissing       the device asked for does not exist
    │   ├── PrecisionMissing    the machine or the version lacks the precision
    │   ├── GraphRefused        operations outside the allow-list; nothing was loaded
    │   ├── GoldenMismatch      the engine does not reproduce the probabilities of training
    │   └── InferenceFailed
    ├── RenderingFailed         a report could not be rendered
    ├── ThumbnailNotFound       a file of a report has no thumbnail
    ├── RecordsMissing          a report was stored without the records that other forms need
    ├── TrainingReportMissing   a version holds no report of its training
    ├── RequirementInvalid      a `--min` that no report can be compared with
    ├── AllowanceInvalid        an `--allow` that names no state of files, or no number
    ├── ServerUnreachable       `--url` does not answer as a Fullcount service does
    ├── ServerRefused           `--url` answered with a problem
    ├── ServerBusy              `--url` answered 503 however often it was asked
    ├── VersionChanged          another version answered in the middle of a table
    ├── TableIncomplete         a table of predictions ended before its last file
    └── TableNotResumable       a partial table is not the beginning of the one asked for

Errors do not know their HTTP status: `problems` maps each class to one.
"""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from model_store.errors import FullcountError
from model_store.text import NAMED, printable

_OTHER_ARCHIVE: Final = re.compile(r"gzip|\btar\b|x-tar|7z|\brar\b|x-rar|bzip|\bxz\b|x-xz|zstd|x-lzma")
"""Media types of archives that are not zips."""


class RequestInvalid(FullcountError):
    """The request cannot be answered as it is."""


class BodyEmpty(RequestInvalid):
    """The body has no bytes."""

    hint = "Send the file as the body, or as a multipart field; zip a folder first."

    def __init__(self) -> None:
        super().__init__("The request has an empty body.")


class FieldMissing(RequestInvalid):
    """The form has no file in the field that the route reads.

    Args:
        field: The field that the route reads.
        sent: What the form has instead, as the end of a sentence.
        hint: What to do next.
    """

    def __init__(self, field: str, sent: str, *, hint: str) -> None:
        super().__init__(f"The form has no file in a field named {field!r}: {sent}.", hint=hint)


class FormMalformed(RequestInvalid):
    """The multipart body cannot be parsed, or has more parts than allowed."""

    def __init__(self, detail: str, *, hint: str) -> None:
        super().__init__(f"The form cannot be read: {detail}.", hint=hint)


class BodyTooLarge(RequestInvalid):
    """The body is larger than the route accepts, as declared or as received so far."""

    hint = (
        "Send less, or raise the limit of the service: FULLCOUNT_MAX_IMAGE_BYTES for an image, "
        "FULLCOUNT_MAX_BATCH_BYTES for a batch, FULLCOUNT_MAX_ARCHIVE_BYTES for an evaluation."
    )

    def __init__(self, limit_bytes: int) -> None:
        super().__init__(f"The body has more than {limit_bytes} bytes.")
        self.limit_bytes = limit_bytes


class ModelRequired(RequestInvalid):
    """Several models are served and the request names none."""

    def __init__(self, available: Sequence[str]) -> None:
        super().__init__("Several models are served; name one.", hint=f"Available: {', '.join(available)}.")
        self.available = list(available)


class MediaTypeUnsupported(RequestInvalid):
    """The route does not accept the declared media type."""

    def __init__(self, media_type: str, accepted: Sequence[str]) -> None:
        hint = f"Declare one of: {', '.join(accepted)}."
        of_curl = f"With curl: -H 'Content-Type: {accepted[0].replace('*', 'jpeg')}'"
        if media_type == "application/x-www-form-urlencoded":  # curl's default
            hint += f" {of_curl}."
        elif media_type == "application/json" or media_type.endswith("+json"):
            hint = f"Send the bytes of the file as the body, and not as base64 in JSON. {of_curl} --data-binary @FILE"
        elif _OTHER_ARCHIVE.search(media_type):
            takes_zip = any("zip" in one for one in accepted)
            hint = f"Pack the files as a zip instead. {hint}" if takes_zip else "Unpack it and send one image."
        elif "zip" in media_type:
            hint = "A zip goes to /predict/batch or, with a folder per label, to /evaluate."
        elif media_type.startswith("multipart/"):
            hint = f"Send the form as multipart/form-data. {hint}"
        super().__init__(f"This route does not accept {printable(media_type)!r}.", hint=hint)
        self.accepted = list(accepted)


class CodingUnsupported(RequestInvalid):
    """The body is encoded once more, as `Content-Encoding` declares."""

    hint = "Send it as it is, without Content-Encoding; images and zips are compressed already."

    def __init__(self, coding: str) -> None:
        super().__init__(f"The body is declared as encoded with {printable(coding)!r}, which is not undone here.")


class BodyTimeout(RequestInvalid):
    """The client stopped sending in the middle of the body."""

    hint = "Send the whole body without a pause; Content-Length must not exceed its bytes."

    def __init__(self, timeout_s: float) -> None:
        super().__init__(f"No part of the body arrived for {timeout_s:g} s.")


class DeadlineExceeded(FullcountError):
    """The answer took longer than the client or the service allows."""

    hint = "Send fewer requests at once, or allow more time with X-Request-Timeout-Ms."

    def __init__(self, timeout_ms: int) -> None:
        super().__init__(f"There was no answer within {timeout_ms} ms; the request was dropped.")


class ParameterInvalid(RequestInvalid):
    """A query parameter or header is out of its range."""

    def __init__(self, name: str, value: object, rule: str) -> None:
        super().__init__(f"{name}={value} is not possible: {rule}.")


class LabelsDiffer(RequestInvalid):
    """Two reports cannot be compared, because the labels of their models differ."""

    hint = "Compare reports of models that have the same labels."

    def __init__(self, labels: Sequence[str]) -> None:
        named = ", ".join(map(printable, labels[:NAMED]))
        rest = f" and {len(labels) - NAMED:,} more" if len(labels) > NAMED else ""
        super().__init__(f"The labels of the two models differ; not in both: {named}{rest}.")


class Unavailable(FullcountError):
    """The service cannot answer now.

    Attributes:
        retry_after_s: The number of seconds after which to retry.
    """

    retry_after_s: int = 1


class NotReady(Unavailable):
    """The models are still being loaded, or could not be loaded."""

    def __init__(self, detail: str = "The models are being loaded.") -> None:
        super().__init__(detail)


class Overloaded(Unavailable):
    """As many requests as allowed are already waiting or in progress."""

    hint = "Retry after the seconds in Retry-After, or send fewer requests at once."

    def __init__(self, what: str, limit: int) -> None:
        super().__init__(f"There are already {limit} {what}, which is the limit.")


class Exhausted(Unavailable):
    """The process has exhausted a resource that every request needs."""

    hint = "Retry after the seconds in Retry-After, or give the service more of this resource."

    def __init__(self, what: str) -> None:
        super().__init__(f"The service has no {what} left for this request.")


class ShuttingDown(Unavailable):
    """The service is shutting down."""

    def __init__(self) -> None:
        super().__init__("The service is shutting down.")


class SpoolMissing(FullcountError):
    """There is no directory for uploads."""

    hint = "Set FULLCOUNT_SPOOL_DIR to a writable directory, or mount one at /tmp."

    def __init__(self, detail: str) -> None:
        super().__init__(f"There is no directory for uploads: {detail}.")


class SpoolFull(FullcountError):
    """No space is left in the directory for uploads."""

    hint = "Free some space, or set FULLCOUNT_SPOOL_DIR to another directory."

    def __init__(self) -> None:
        super().__init__("No space is left for the upload.")


class EngineError(FullcountError):
    """The engine failed."""


class EngineMissing(EngineError):
    """The package of an engine is not installed."""

    def __init__(self, engine: str, package: str) -> None:
        super().__init__(
            f"The engine {engine!r} is not installed here.", hint=f"Install it with: pip install {package}"
        )


class DeviceMissing(EngineError):
    """The engine does not see the device asked for."""

    hint = "Use --device cpu or --device auto, or run `fullcount doctor`."

    def __init__(self, engine: str, device: str, available: Sequence[str]) -> None:
        super().__init__(f"The device {device!r} does not exist; {engine} sees {', '.join(available) or 'none'}.")


class PrecisionMissing(EngineError):
    """The machine or the version does not support the precision asked for."""

    def __init__(self, precision: str, why: str, *, hint: str = "Use --precision f32 or --precision auto.") -> None:
        super().__init__(f"The precision {precision!r} is not available: {why}.", hint=hint)


class GraphRefused(EngineError):
    """The SavedModel contains operations that are not on the allow-list; nothing was loaded."""

    hint = "Only serve models that you trained or trust; publish this one again with `fullcount train`."

    def __init__(self, where: str, operations: Sequence[str]) -> None:
        super().__init__(f"{where} contains operations that are not on the allow-list: {', '.join(operations)}.")
        self.operations = list(operations)


class GoldenMismatch(EngineError):
    """The engine's answers to the golden samples differ from those that training computed."""

    hint = "Publish the model again, or use another engine."

    def __init__(self, detail: str) -> None:
        super().__init__(f"The engine does not reproduce the golden samples: {detail}.")


class InferenceFailed(EngineError):
    """The engine raised an error for an image; the error is in the log."""

    def __init__(self) -> None:
        super().__init__("The model failed on this image.")


class RenderingFailed(FullcountError):
    """The process that renders a report failed."""

    hint = "The report is still available as JSON."

    def __init__(self, form: str, code: int, errors: str) -> None:
        last = errors.splitlines()[-1] if errors else f"the process ended with {code}"
        super().__init__(f"The report could not be rendered as {form}: {last}")
        self.errors = errors


class RecordsMissing(FullcountError):
    """The report was stored without the records of its files."""

    hint = "Evaluate the set again, or ask for application/json or image/png."

    def __init__(self, evaluation_id: str, form: str) -> None:
        super().__init__(f"Report {evaluation_id} was stored without the records of its files, which {form} needs.")


class ThumbnailNotFound(FullcountError):
    """The file of a report has no thumbnail."""

    hint = "Ask for the list of thumbnails to see which files have one."

    def __init__(self, evaluation_id: str, place: int) -> None:
        super().__init__(f"File {place} of report {evaluation_id} has no thumbnail.")


class TrainingReportMissing(FullcountError):
    """The version has no report of its training."""

    hint = "Versions published by `fullcount train` have one."

    def __init__(self, model: str, version: int) -> None:
        super().__init__(f"Version {version} of {model} has no training report.")


class RequirementInvalid(FullcountError):
    """No report can be compared with the requirement."""

    def __init__(self, requirement: str, reason: str) -> None:
        super().__init__(f"--min {requirement} is not possible: {reason}.")


class AllowanceInvalid(FullcountError):
    """The allowance names no state of files, or no number of them."""

    def __init__(self, allowance: str, states: Sequence[str]) -> None:
        super().__init__(
            f"--allow {printable(allowance)} is not possible: the states are {' and '.join(states)}.",
            hint=f"Write STATE=NUMBER, such as {states[0]}=3.",
        )


class ServerUnreachable(FullcountError):
    """No service answers at the URL, or the answer is not a Fullcount service's."""

    hint = "Start one with `fullcount serve`, or use --store to work without a server."

    def __init__(self, url: str, detail: str) -> None:
        super().__init__(f"No usable answer from {url}: {detail}.")


class ServerRefused(FullcountError):
    """The service answered with a problem."""

    def __init__(self, title: str, detail: str, *, hint: str | None = None) -> None:
        super().__init__(f"{title}: {detail}", hint=hint)


class ServerBusy(FullcountError):
    """The service answered 503 to every try, or asks for a longer wait than a command makes."""

    def __init__(self, url: str, tries: int, refusal: str, retry_after_s: float) -> None:
        hint = "Wait until the service has less to do, then run the command again."
        if retry_after_s:
            hint = f"The service asks to retry after {retry_after_s:,.0f} s."
        super().__init__(f"{url} is too busy; it was asked {tries} times. {refusal}", hint=hint)


class VersionChanged(FullcountError):
    """Another version answered than for the files before; one table must not mix them."""

    hint = "Name one with --model and --version."

    def __init__(self, model: str, version: int, other_model: str, other_version: int) -> None:
        super().__init__(
            f"{model} {version} answered the first files, and then {other_model} {other_version} began to answer."
        )


class TableIncomplete(FullcountError):
    """Something stopped a table of predictions before its last file."""

    def __init__(self, cause: FullcountError, done: int, total: int, next_path: str, partial: Path | None) -> None:
        if partial is None:
            hint = "With --output FILE the rows so far are kept, and --resume continues after them."
        else:
            hint = f"{partial.name} has the rows so far; the same command with --resume continues after them."
        super().__init__(
            f"{cause} Of {total:,} files, {done:,} have their answer; {printable(next_path)} and those after it have "
            "none.",
            hint=hint if cause.hint is None else f"{cause.hint} {hint}",
        )


class TableNotResumable(FullcountError):
    """A partial table cannot be continued."""

    hint = "Run the command without --resume to start again."

    def __init__(self, path: Path, detail: str) -> None:
        super().__init__(f"{path} cannot be resumed: {detail}.")
