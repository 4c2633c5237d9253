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
    │   ├── LabelsDiffer        two reports whose models do not have the same labels
    │   ├── HostForeign         a host that the service does not answer for
    │   └── PageForeign         a page of another site asks for more than reading
    ├── Unavailable             worth retrying later
    │   ├── NotReady
    │   ├── Overloaded          `retry_after_s`
    │   ├── Exhausted           the process has no memory or file handles left
    │   └── ShuttingDown
    ├── MemoryNeverEnough       `limit_bytes`: more memory than one request may take
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
    ├── TableBusy               another process writes the same table
    └── TableNotResumable       a partial table is not the beginning of the one asked for

Errors do not know their HTTP status: `problems` maps each class to one.
"""

from app.errors.asking import (
    ServerBusy,
    ServerRefused,
    ServerUnreachable,
    TableBusy,
    TableIncomplete,
    TableNotResumable,
    VersionChanged,
)
from app.errors.engines import (
    DeviceMissing,
    EngineError,
    EngineMissing,
    GoldenMismatch,
    GraphRefused,
    InferenceFailed,
    PrecisionMissing,
)
from app.errors.reports import (
    AllowanceInvalid,
    RecordsMissing,
    RenderingFailed,
    RequirementInvalid,
    ThumbnailNotFound,
    TrainingReportMissing,
)
from app.errors.requests import (
    BodyEmpty,
    BodyTimeout,
    BodyTooLarge,
    CodingUnsupported,
    FieldMissing,
    FormMalformed,
    HostForeign,
    LabelsDiffer,
    MediaTypeUnsupported,
    ModelRequired,
    PageForeign,
    ParameterInvalid,
    RequestInvalid,
)
from app.errors.serving import (
    DeadlineExceeded,
    Exhausted,
    MemoryNeverEnough,
    NotReady,
    Overloaded,
    ShuttingDown,
    SpoolFull,
    SpoolMissing,
    Unavailable,
)

__all__ = [
    "AllowanceInvalid",
    "BodyEmpty",
    "BodyTimeout",
    "BodyTooLarge",
    "CodingUnsupported",
    "DeadlineExceeded",
    "DeviceMissing",
    "EngineError",
    "EngineMissing",
    "Exhausted",
    "FieldMissing",
    "FormMalformed",
    "GoldenMismatch",
    "GraphRefused",
    "HostForeign",
    "InferenceFailed",
    "LabelsDiffer",
    "MediaTypeUnsupported",
    "MemoryNeverEnough",
    "ModelRequired",
    "NotReady",
    "Overloaded",
    "PageForeign",
    "ParameterInvalid",
    "PrecisionMissing",
    "RecordsMissing",
    "RenderingFailed",
    "RequestInvalid",
    "RequirementInvalid",
    "ServerBusy",
    "ServerRefused",
    "ServerUnreachable",
    "ShuttingDown",
    "SpoolFull",
    "SpoolMissing",
    "TableBusy",
    "TableIncomplete",
    "TableNotResumable",
    "ThumbnailNotFound",
    "TrainingReportMissing",
    "Unavailable",
    "VersionChanged",
]
