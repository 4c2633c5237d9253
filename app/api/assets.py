"""The files of the page at `/`, from the package's folder `app/web`, read and compressed once."""

import functools
import gzip
import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import PurePosixPath
from typing import Final

MEDIA_TYPES: Final[Mapping[str, str]] = {
    ".html": "text/html",
    ".css": "text/css",
    ".js": "text/javascript",
    ".svg": "image/svg+xml",
}
"""Media type by file extension. Files with other extensions are not served."""


@dataclass(frozen=True)
class Coded:
    """The bytes of a file in one content coding."""

    body: bytes
    etag: str
    """The entity tag with its quotes; each coding has its own."""


@dataclass(frozen=True)
class Asset:
    """One file of the page."""

    media_type: str
    plain: Coded
    gzipped: Coded


@functools.cache
def assets() -> Mapping[str, Asset]:
    """Return the files of the page by their path below `app/web`."""
    return dict(_read(files("app") / "web", ""))


@functools.cache
def start_page(root_path: str) -> Asset:
    """Return the page; below a root path, its addresses are relative to that, even without a slash at the end."""
    page = assets()["index.html"]
    if not root_path:
        return page
    base = f'<head>\n<base href="{root_path}/">'
    return make_asset(page.media_type, page.plain.body.replace(b"<head>", base.encode(), 1))


def make_asset(media_type: str, body: bytes) -> Asset:
    """Compress a file and make its entity tags."""
    digest = hashlib.sha256(body).hexdigest()[:32]
    gzipped = gzip.compress(body, 9, mtime=0)
    return Asset(media_type, Coded(body, f'"{digest}"'), Coded(gzipped, f'"{digest}-gzip"'))


def _read(folder: Traversable, above: str) -> Iterator[tuple[str, Asset]]:
    for entry in folder.iterdir():
        name = f"{above}{entry.name}"
        if entry.is_dir():
            yield from _read(entry, f"{name}/")
        elif (media_type := MEDIA_TYPES.get(PurePosixPath(name).suffix)) is not None:
            yield name, make_asset(media_type, entry.read_bytes())
