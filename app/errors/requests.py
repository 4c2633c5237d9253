"""Errors about a request that cannot be answered as it is."""

import re
from collections.abc import Sequence
from typing import Final

from model_store.errors import FullcountError
from model_store.text import listed, printable

_OTHER_ARCHIVE: Final = re.compile(r"gzip|\btar\b|x-tar|7z|\brar\b|x-rar|bzip|\bxz\b|x-xz|zstd|x-lzma")
"""Media types of archives that are not zips."""
_LONGEST_HOST: Final = 255
"""Characters of a host that a detail repeats."""


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


class ParameterInvalid(RequestInvalid):
    """A query parameter or header is out of its range."""

    def __init__(self, name: str, value: object, rule: str) -> None:
        super().__init__(f"{name}={value} is not possible: {rule}.")


class LabelsDiffer(RequestInvalid):
    """Two reports cannot be compared, because the labels of their models differ."""

    hint = "Compare reports of models that have the same labels."

    def __init__(self, labels: Sequence[str]) -> None:
        super().__init__(f"The labels of the two models differ; not in both: {listed(labels)}.")


class HostForeign(RequestInvalid):
    """The request names a host that the service does not answer for; its name has no port."""

    def __init__(self, host: str, name: str) -> None:
        host, name = printable(host[:_LONGEST_HOST]), printable(name[:_LONGEST_HOST])
        hint = f"If {name} is a name of this service, add it to FULLCOUNT_ALLOWED_HOSTS; `*` allows every name."
        super().__init__(f"The service does not answer for the host '{host}'.", hint=hint)


class PageForeign(RequestInvalid):
    """A page of another site asks for more than reading."""

    def __init__(self, origin: str | None) -> None:
        page = "another site" if origin in {None, "null"} else f"'{printable(origin[:_LONGEST_HOST])}'"
        hint = (
            "If its pages may ask, add the origin to FULLCOUNT_CORS_ORIGINS. If it is this service behind a proxy, "
            "let the proxy send X-Forwarded-Host."
        )
        super().__init__(f"A page of {page} sent the request, which the service does not allow.", hint=hint)
