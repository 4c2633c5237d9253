"""Stored reports: a JSON file and a file of records each, beside the model or in a directory of their own.

A report is stored as the text that was sent and its records as bytes, so reading one needs no knowledge of their
shape. Ids are ULIDs, which sort by time.
"""

import errno
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from model_store.errors import ReportNotFound, VersionCorrupt
from model_store.storage.documents import MAX_DOCUMENT_BYTES, read_bytes, read_document
from model_store.storage.durable import abandoned_files, has_no_writer, make_directory, write_atomically
from model_store.storage.layout import EVALUATIONS_NAME, check_name, is_name, version_number

_ID = re.compile(r"[0-7][0-9A-HJKMNP-TV-Z]{25}")


@dataclass(frozen=True)
class StoredReport:
    """The location of one report."""

    id: str
    model: str
    version: int
    path: Path

    def read(self) -> dict[str, Any]:
        """Read the report.

        Raises:
            ReportNotFound: If the report was removed in the meantime.
            VersionCorrupt: If the file cannot be read or is not a JSON object.
        """
        try:
            return read_document(self.path)
        except FileNotFoundError as error:
            raise ReportNotFound(self.id) from error
        except (OSError, ValueError) as error:
            raise VersionCorrupt(self.path, [f"it cannot be read ({error})"]) from error

    def read_records(self) -> bytes | None:
        """Read the records of the files, or return None if they were not kept.

        Raises:
            VersionCorrupt: If the file cannot be read.
        """
        path = _records_path(self.path)
        try:
            return read_bytes(path)
        except FileNotFoundError:
            return None
        except (OSError, ValueError) as error:
            raise VersionCorrupt(path, [f"it cannot be read ({error})"]) from error


class ReportStore:
    """The reports of a store.

    Args:
        store: The store's directory.
        directory: Another directory for reports; default: beside each model.
    """

    def __init__(self, store: Path, directory: Path | None = None) -> None:
        self._store = store
        self._directory = directory

    def put(
        self, evaluation_id: str, model: str, version: int, text: str, records: bytes | None = None
    ) -> StoredReport:
        """Store a report and the records of its files; readers see both whole or nothing.

        Raises:
            OSError: If the directory cannot be written, or the report is too large to be read again.
        """
        folder = self._folder(check_name(model)) / str(version)
        if max(len(text.encode()), len(records or b"")) > MAX_DOCUMENT_BYTES:
            raise OSError(errno.EFBIG, f"a report of more than {MAX_DOCUMENT_BYTES} bytes could not be read again")
        make_directory(folder)
        path = folder / f"{_check_id(evaluation_id)}.json"
        if records is not None:
            write_atomically(_records_path(path), records)
        write_atomically(path, text)  # last: it is what a reader looks for
        return StoredReport(evaluation_id, model, version, path)

    def get(self, evaluation_id: str) -> StoredReport:
        """Find a report by its id.

        Raises:
            ReportNotFound: If no stored report has this id.
        """
        for stored in self._all(_check_id(evaluation_id)):
            return stored
        raise ReportNotFound(evaluation_id)

    def newest(self, *, model: str | None = None, limit: int | None = None) -> list[StoredReport]:
        """Return the reports, of one model or of all, newest first."""
        reports = [stored for stored in self._all() if model in {None, stored.model}]
        return sorted(reports, key=lambda stored: stored.id, reverse=True)[:limit]

    def is_writable(self, model: str) -> bool:
        """Return True if a report of the model could be stored; nothing is created."""
        folder = self._folder(model)
        while not os.path.lexists(folder) and folder != folder.parent:
            folder = folder.parent
        return os.access(folder, os.W_OK | os.X_OK, effective_ids=True)

    def remove_abandoned(self, model: str) -> list[str]:
        """Remove what killed processes left half written among the reports of a model; return the names, sorted.

        Raises:
            OSError: If the directory cannot be written.
        """
        folder = self._folder(model)
        left = [*abandoned_files(folder), *abandoned_records(folder)]
        for path in left:
            path.unlink(missing_ok=True)
        return sorted(path.name for path in left)

    def _folder(self, model: str) -> Path:
        return self._store / model / EVALUATIONS_NAME if self._directory is None else self._directory / model

    def _all(self, evaluation_id: str = "*") -> Iterator[StoredReport]:
        root, between = (self._store, f"{EVALUATIONS_NAME}/") if self._directory is None else (self._directory, "")
        for path in root.glob(f"*/{between}*/{evaluation_id}.json"):
            model, version = path.relative_to(root).parts[0], version_number(path.parent.name)
            if _ID.fullmatch(path.stem) and is_name(model) and version is not None:
                yield StoredReport(path.stem, model, version, path)


def abandoned_records(folder: Path) -> list[Path]:
    """List the records in a model's folder of reports whose writer was killed before the report, sorted by path."""
    old = [path for path in folder.glob("*/*.npz") if _ID.fullmatch(path.stem) and has_no_writer(path)]
    return sorted(path for path in old if not os.path.lexists(path.with_suffix(".json")))


def _records_path(path: Path) -> Path:
    return path.with_suffix(".npz")


def _check_id(evaluation_id: str) -> str:
    if not _ID.fullmatch(evaluation_id):
        raise ReportNotFound(evaluation_id)
    return evaluation_id
