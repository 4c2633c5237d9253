"""The file name of a form's part in the notations that RFC 7578 forbids and programs send all the same."""

import re
from email.errors import HeaderParseError
from email.header import decode_header
from email.message import Message
from typing import Final, cast

CHARSETS: Final = frozenset({"utf-8", "utf8", "us-ascii", "ascii", "iso-8859-1", "latin-1"})
"""The codecs that a client may choose. Some of Python's take hours (punycode), make strings that JSON cannot hold
(utf-7) or raise errors that a parser does not expect."""

_Value = str | tuple[str | None, str | None, str]
"""A plain value; or charset, language and value, by the rules of RFC 2231."""
_ENCODED_WORD: Final = re.compile(r"=\?([\w-]+)\?[bq]\?[^?\s]*\?=", re.IGNORECASE)


def extended_filename(disposition: str) -> str | None:
    """Return the file name in `filename*` (RFC 8187) or in an encoded word (RFC 2047), as .NET sends both.

    Args:
        disposition: The value of a part's `Content-Disposition`.

    Returns:
        The name; None if the part has neither, or a plain name beside one that cannot be decoded; empty if the only
        name cannot be decoded, since the part is a file all the same.
    """
    message = Message()
    message["Content-Disposition"] = disposition
    parameters = cast("list[tuple[str, _Value]]", message.get_params([], header="Content-Disposition"))
    values = [value for name, value in parameters if name.lower() == "filename"]
    plain = [value for value in values if isinstance(value, str)]
    for charset, _, name in (value for value in values if isinstance(value, tuple)):
        decoded = _decoded(name.encode("latin-1", "replace"), charset or "utf-8")
        return "" if decoded is None and not plain else decoded
    found = _ENCODED_WORD.fullmatch(plain[0].strip()) if plain else None
    return None if found is None else _decoded_word(found[0], found[1])


def _decoded_word(word: str, charset: str) -> str | None:
    try:
        ((data, _),) = decode_header(word)
    except (HeaderParseError, ValueError):
        return None
    return _decoded(data, charset) if isinstance(data, bytes) else None


def _decoded(data: bytes, charset: str) -> str | None:
    if charset.lower() not in CHARSETS:
        return None
    try:
        return data.decode(charset)
    except UnicodeDecodeError:
        return None
