"""The fields of a form in words: what a form has instead of the file that a route reads, and the remedy."""

import re
from collections.abc import Sequence
from typing import Final

from starlette.datastructures import UploadFile

from app.errors import FieldMissing
from model_store.text import NAMED, printable

Field = tuple[str, UploadFile | str]
"""The name of a field, and its file or its text."""

_BASE64: Final = re.compile(r"(?:[A-Za-z0-9+/_-]{4}\s*){16,}[A-Za-z0-9+/=_-]*")
_BASE64_STARTS: Final = ("/9j/", "iVBORw0KGgo", "R0lGOD", "UklGR", "Qk", "SUkq", "TU0AK", "UEsDB")
"""The beginnings of JPEG, PNG, GIF, WebP, BMP, TIFF and zip in base64."""
_PATH: Final = re.compile(r"[^\r\n]*[^\s/\\]\.[A-Za-z0-9]{2,5}")
_LOOKED_AT: Final = 2000
"""The characters of a text that are enough to recognise base64."""
_LONGEST: Final = 60
"""The most characters of a name or a text that a sentence repeats."""


def field_missing(fields: Sequence[Field], wanted: str) -> FieldMissing:
    """Return the error for a form without a file in the field `wanted`."""
    texts = [value for name, value in fields if name == wanted and isinstance(value, str)]
    if texts:
        return _sent_as_text(texts[0], wanted)
    with_curl = f"With curl: -F {wanted}=@FILE"
    files = [name for name, value in fields if isinstance(value, UploadFile)]
    if files:
        return FieldMissing(wanted, f"the form has {_listed(files)}", hint=f"Send the file as {wanted!r}. {with_curl}")
    if fields:
        names = _listed([name for name, _ in fields])
        hint = f"Send the file as {wanted!r}, with a file name. {with_curl}"
        return FieldMissing(wanted, f"the form has {names}, with text", hint=hint)
    return FieldMissing(wanted, "the form is empty", hint=with_curl)


def described_text(text: str, field: str) -> tuple[str, str]:
    """Describe text in a field that should hold a file.

    Returns:
        The end of a sentence that begins with the field, and what to do.
    """
    text = text.strip("\ufeff\"' \r\n")
    encoded = _encoding_of(text)
    if encoded:
        hint = f"Decode the base64 and send the bytes, as a file with a file name. With curl: -F {field}=@FILE"
        return f"is text, {encoded}", hint
    if "://" in text[:_LONGEST] and " " not in text:
        return f"is the text {shortened(text)!r}", "Download the file and send its bytes; the service fetches nothing."
    if len(text) <= _LONGEST and _PATH.fullmatch(text):
        hint = f"Send the file itself. With curl, put @ before its name: -F {field}=@{printable(text)}"
        return f"is the text {shortened(text)!r}, and not the file of that name", hint
    hint = f'Give the part a file name: Content-Disposition: form-data; name="{field}"; filename="FILE"'
    shown = f": {text!r}" if text and len(text) <= _LONGEST and text.isprintable() else ""
    return f"has no file name, and is therefore text{shown}", hint


def shortened(text: str) -> str:
    """Return a client's text as a sentence may repeat it."""
    return printable(text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…")


def _sent_as_text(text: str, field: str) -> FieldMissing:
    what, hint = described_text(text, field)
    return FieldMissing(field, f"that field {what}", hint=hint)


def _encoding_of(text: str) -> str | None:
    """Name the encoding in which text holds a file; None for other text."""
    head = text[:_LOOKED_AT]
    if head[:5].lower() == "data:" and "," in head:
        return f"a data: URL ({shortened(head.partition(',')[0])})"
    if head.startswith(_BASE64_STARTS) or _BASE64.fullmatch(head.strip()):
        return "in base64"
    return None


def _listed(names: Sequence[str]) -> str:
    """Return names as `the field 'a'` or `the fields 'a' and 'b'`."""
    unique = list(dict.fromkeys(names))
    listed = [repr(shortened(name)) for name in unique[:NAMED]]
    if len(unique) > NAMED:
        listed.append(f"{len(unique) - NAMED:,} more")
    return f"the field {listed[0]}" if len(listed) == 1 else f"the fields {', '.join(listed[:-1])} and {listed[-1]}"
