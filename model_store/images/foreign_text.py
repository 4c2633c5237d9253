"""Recognising text where a picture should be: an error page, a pointer to the file, a picture written as base64."""

import base64
import binascii
import re
from typing import Final

from model_store.images.signatures import SIGNATURE_BYTES, has_image_signature
from model_store.text import printable

_LOOKED_AT: Final = 4096
"""Bytes from the start of a file that are looked at."""
_ASCII_SHARE: Final = 0.7
"""The least share of ASCII in a text of an unknown code page."""
_QUOTED: Final = 40
"""Characters of an unknown text that are quoted."""

_DOWNLOAD: Final = "It is probably the answer to a failed download. Download the picture again."
_KINDS: Final = (
    (r"version https://git-(lfs|media)", "a git-LFS pointer in place of the picture. Fetch it with `git lfs pull`."),
    (r"[./]*/annex/objects/|[./]*\.git/annex/", "a git-annex pointer in place of the picture. Get the file itself."),
    (r"data:[^,\s]{0,200};base64,", "a data URL with base64. Decode the base64 and send the bytes."),
    (r"<", f"XML. {_DOWNLOAD}"),
    (r"[{\[]\s*([\"{}\[\]\d-]|true|false|null|$)", f"JSON. {_DOWNLOAD}"),
    (r"HTTP/\d", f"an HTTP response with its header. {_DOWNLOAD}"),
)
"""Pattern of the start of a text, regardless of case → what the file is, and the advice."""
_TAGS: Final = re.compile(r"<(!doctype\s+html|html|head|body|title|script|meta|div|p|h1|svg)\b", re.IGNORECASE)

_BASE64: Final = re.compile(rb"[A-Za-z0-9+/_-]+={0,2}\Z")


def describe_text(data: bytes) -> str | None:
    """Say what a text is that stands where a picture should be.

    Args:
        data: The bytes of the file; the first few thousand are enough.

    Returns:
        The kind of text and the advice for it, as sentences; None if the bytes are not text.
    """
    text = _text_of(data[:_LOOKED_AT])
    if text is None:
        return None
    if _is_base64_picture(text):
        return "The file is a picture written as base64 text. Decode the base64 and send the bytes."
    tag = _TAGS.search(text) if text.startswith("<") else None
    if tag is not None:
        is_drawing = tag[1].lower() == "svg"
        return (
            "The file is an SVG drawing. Render it as PNG."
            if is_drawing
            else f"The file is a web page (HTML). {_DOWNLOAD}"
        )
    for pattern, kind in _KINDS:
        if re.match(pattern, text, re.IGNORECASE):
            return f"The file is {kind}"
    start = printable(" ".join(text[: 2 * _QUOTED].split())[:_QUOTED])
    return f"The file is plain text, not a picture; it begins with {start!r}. Replace it by the picture itself."


def _text_of(head: bytes) -> str | None:
    """Return the start of a file as text, without white space in front; None if it has bytes that no text has."""
    try:
        text = _decoded(head).lstrip("\ufeff").lstrip()
    except UnicodeDecodeError:
        return None
    has_control = any(character < " " and not character.isspace() for character in text)
    return None if has_control or not text else text


def _decoded(head: bytes) -> str:
    """Decode UTF-16 with its mark, UTF-8 whose last character may be cut, or mostly ASCII of some code page."""
    if head[:2] in {b"\xff\xfe", b"\xfe\xff"}:
        return head[: len(head) // 2 * 2].decode("utf-16")
    try:
        return head.decode()
    except UnicodeDecodeError as error:
        if error.start > _LOOKED_AT - 4:
            return head[: error.start].decode()
        if sum(byte < 0x80 for byte in head) < _ASCII_SHARE * len(head):
            raise
        return head.decode("latin-1")


def _is_base64_picture(text: str) -> bool:
    """Tell whether a text is base64, also that of a URL or quoted, whose bytes begin like a picture."""
    joined = "".join(text.strip("\"'").split()).encode("ascii", "replace")[: SIGNATURE_BYTES * 4]
    if len(joined) < SIGNATURE_BYTES or not _BASE64.match(joined):
        return False
    whole = joined.rstrip(b"=")
    try:
        head = base64.b64decode(whole[: len(whole) // 4 * 4], b"-_" if re.search(rb"[-_]", whole) else None)
    except binascii.Error:
        return False
    return has_image_signature(head[:SIGNATURE_BYTES]) or head[4:8] == b"ftyp"
