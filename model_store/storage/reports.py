"""Stored reports: a JSON file and a file of records each, beside the model or in a directory of their own.

A report is stored as the text that was sent and its records as bytes, so reading one needs no knowledge of their
shape. Ids are ULIDs, which sort by time. A third file may have a summary of the report, so that a list of many reports
need not read them whole. It is made again whenever it is missing, damaged, or not of the report as it is now.
"""

import errno
import json
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, Final

from model_store.errors import ReportNotFound, VersionCorrupt
from model_store.storage.documents import MAX_DOCUMENT_BYTES, open_document, read_document
from model_store.storage.durable import abandoned_files, has_no_writer, make_directory, write_atomically
from model_store.storage.layout import EVALUATIONS_NAME, check_name, is_name, version_number

_ID = re.compile(r"[0-7][0-9A-HJKMNP-TV-Z]{25}")
_RECORDS: Final = ".npz"
_SUMMARY: Final = ".summary"


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

    def open(self) -> BinaryIO:
        """Open the report's text.

        Raises:
            ReportNotFound: If the report was removed in the meantime.
            VersionCorrupt: If the file cannot be read.
        """
        try:
            return open_document(self.path)
        except FileNotFoundError as error:
            raise ReportNotFound(self.id) from error
        except (OSError, ValueError) as error:
            raise VersionCorrupt(self.path, [f"it cannot be read ({error})"]) from error

    def open_records(self) -> BinaryIO | None:
        """Open the records of the files, or return None if they were not kept.

        Raises:
            VersionCorrupt: If the file cannot be read.
        """
        path = self.path.with_suffix(_RECORDS)
        try:
            return open_document(path)
        except FileNotFoundError:
            return None
        except (OSError, ValueError) as error:
            raise VersionCorrupt(path, [f"it cannot be read ({error})"]) from error

    def read_records(self) -> bytes | None:
        """Read the records of the files; see `open_records`."""
        file = self.open_records()
        if file is None:
            return None
        with file:
            return file.read()

    def state(self) -> tuple[int, int]:
        """Return the report's size in bytes and when it was last changed, in nanoseconds.

        Raises:
            ReportNotFound: If the report was removed in the meantime.
        """
        try:
            status = self.path.stat(follow_symlinks=False)
        except FileNotFoundError as error:
            raise ReportNotFound(self.id) from error
        return status.st_size, status.st_mtime_ns

    def read_summary(self, state: tuple[int, int]) -> dict[str, Any] | None:
        """Read the summary of the report in a state, or return None if there is none that can be read."""
        try:
            document = read_document(self.path.with_suffix(_SUMMARY))
        except (OSError, ValueError):
            return None
        summary = document.get("summary")
        return summary if document.get("of") == list(state) and isinstance(summary, dict) else None

    def write_summary(self, state: tuple[int, int], summary: dict[str, Any]) -> None:
        """Write a summary of the report in a state. It need not survive a crash.

        Raises:
            OSError: If the directory cannot be written.
        """
        text = json.dumps({"of": state, "summary": summary})
        write_atomically(self.path.with_suffix(_SUMMARY), text, is_durable=False)


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
            write_atomically(path.with_suffix(_RECORDS), records)
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
    """List the records and summaries in a model's folder that have no report, once they are old, sorted by path.

    The writer of such records was killed before the report; a report was removed by hand.
    """
    beside = [*folder.glob(f"*/*{_RECORDS}"), *folder.glob(f"*/*{_SUMMARY}")]
    old = [path for path in beside if _ID.fullmatch(path.stem) and has_no_writer(path)]
    return sorted(path for path in old if not os.path.lexists(path.with_suffix(".json")))


def _check_id(evaluation_id: str) -> str:
    if not _ID.fullmatch(evaluation_id):
        raise ReportNotFound(evaluation_id)
    return evaluation_id
