"""The files of the page at `/`: read once, from wherever the package is installed. They are in `app/web`."""

import functools
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files
from typing import Final

MEDIA_TYPES: Final[Mapping[str, str]] = {
    ".html": "text/html",
    ".css": "text/css",
    ".js": "text/javascript",
    ".svg": "image/svg+xml",
}
"""By the end of the name; other files are none of the page."""


@dataclass(frozen=True)
class Asset:
    """One file of the page."""

    body: bytes
    media_type: str
    etag: str
    """In quotes, as it stands in the header: another one for other bytes."""


@functools.cache
def assets() -> Mapping[str, Asset]:
    """Return the files of the page by name."""
    found = {}
    for file in (files("app") / "web").iterdir():
        dot = file.name.rfind(".")
        if (media_type := MEDIA_TYPES.get(file.name[dot:])) is not None:
            body = file.read_bytes()
            found[file.name] = Asset(body, media_type, f'"{hashlib.sha256(body).hexdigest()[:32]}"')
    return found
