"""Reading a version's `manifest.json`."""

from pathlib import Path
from typing import Final

from pydantic import ValidationError

from model_store.errors import SchemaUnknown, VersionCorrupt
from model_store.manifest import MANIFEST_NAME, SCHEMA_VERSION, Manifest
from model_store.storage.documents import MAX_SMALL_BYTES, read_document
from model_store.text import printable

_MOST_FAULTS: Final = 20
_LONGEST_FAULT: Final = 300


def read_manifest(directory: Path) -> Manifest:
    """Read the manifest of a version directory, without comparing digests.

    Raises:
        SchemaUnknown: If this release does not read the manifest's schema version.
        VersionCorrupt: If the manifest is missing or invalid.
    """
    try:
        raw = read_document(directory / MANIFEST_NAME, max_bytes=MAX_SMALL_BYTES)
    except (OSError, ValueError) as error:
        raise VersionCorrupt(directory, [f"{MANIFEST_NAME} cannot be read ({error})"]) from error
    schema_version = raw.get("schema_version")
    if type(schema_version) is not int or schema_version != SCHEMA_VERSION:
        raise SchemaUnknown(directory, schema_version, [SCHEMA_VERSION])
    try:
        return Manifest.model_validate(raw)
    except ValidationError as error:
        errors = error.errors(include_url=False, include_context=False, include_input=False)[:_MOST_FAULTS]
        faults = [printable(f"{'.'.join(map(str, one['loc']))}: {one['msg']}"[:_LONGEST_FAULT]) for one in errors]
        raise VersionCorrupt(directory, [f"{MANIFEST_NAME}: {fault}" for fault in faults]) from error
