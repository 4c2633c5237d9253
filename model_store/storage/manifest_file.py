"""Manifest file."""

from pathlib import Path

from pydantic import ValidationError

from model_store.errors import SchemaUnknown, VersionCorrupt
from model_store.manifest import MANIFEST_NAME, SCHEMA_VERSION, Manifest
from model_store.storage.documents import read_document


def read_manifest(directory: Path) -> Manifest:
    """Read the manifest of a version directory; digests are not compared.

    Raises:
        SchemaUnknown: It is of a schema this release does not read.
        VersionCorrupt: It is missing or makes no sense.
    """
    try:
        raw = read_document(directory / MANIFEST_NAME)
    except (OSError, ValueError) as error:
        raise VersionCorrupt(directory, [f"{MANIFEST_NAME} cannot be read ({error})"]) from error
    schema_version = raw.get("schema_version")
    if type(schema_version) is not int or schema_version != SCHEMA_VERSION:
        raise SchemaUnknown(directory, schema_version, [SCHEMA_VERSION])
    try:
        return Manifest.model_validate(raw)
    except ValidationError as error:
        wrong = [f"{'.'.join(map(str, one['loc']))}: {one['msg']}" for one in error.errors()]
        raise VersionCorrupt(directory, [f"{MANIFEST_NAME}: {line}" for line in wrong]) from error
