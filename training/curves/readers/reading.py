"""Reads learning curves from any file or folder that is known, by what it holds, not by what it is called."""

import codecs
import json
import re
from pathlib import Path
from typing import Final

from training.curves.readers.console import is_console_output, read_console
from training.curves.readers.events import read_events
from training.curves.readers.folder import event_files_beside, find_curves
from training.curves.readers.log import READABLE, Log
from training.curves.readers.printed import read_printed, without_name
from training.curves.readers.records import is_record_file
from training.curves.readers.table import columns_of, read_columns, read_csv
from training.curves.readers.trainer_state import log_history_of, read_trainer_state
from training.errors import HistoryInvalid

_MAX_BYTES: Final = 64_000_000
_UTF16: Final = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


def read_log(path: Path) -> Log:
    """Read the learning curves of a file, or of the folder of a run.

    Raises:
        HistoryInvalid: If it cannot be read, is none of the files that are known, or lacks epochs or a training loss.
    """
    try:
        paths = find_curves(path) if path.is_dir() else [path]
        if is_record_file(paths[0]):
            files = paths if path.is_dir() else event_files_beside(path)
            return _with_epochs(paths[0], read_events(files))
        return _with_epochs(paths[0], _read_text(paths[0], _text(paths[0])))
    except OSError as error:
        raise HistoryInvalid(path, f"cannot be read: {error.strerror}", hint="Check the path.") from error


def _with_epochs(path: Path, log: Log) -> Log:
    if not log.rows:
        hint = "Train for at least one epoch: its figures are logged at its end."
        raise HistoryInvalid(path, "has a header but no epochs", hint=hint)
    return log


def _text(path: Path) -> str:
    if path.stat().st_size > _MAX_BYTES:
        what = f"has over {_MAX_BYTES / 1e6:.0f} MB, which is too large for learning curves"
        raise HistoryInvalid(path, what, hint=READABLE)
    data = path.read_bytes()
    try:  # PowerShell redirects output in UTF-16
        text = data.decode("utf-16" if data.startswith(_UTF16) else "utf-8-sig")
    except UnicodeDecodeError as error:
        raise HistoryInvalid(path, "is not text in UTF-8", hint=READABLE) from error
    if "\0" in text:
        raise HistoryInvalid(path, "is not text: it has NUL bytes", hint=READABLE)
    if not text.strip():
        raise HistoryInvalid(path, "is empty", hint=READABLE)
    return text


def _read_text(path: Path, text: str) -> Log:
    if is_console_output(text):
        return read_console(path, text)
    plain = without_name(text).lstrip()
    return _read_document(path, _parsed(path, plain)) if plain.startswith(("{", "[")) else read_csv(path, text)


def _read_document(path: Path, document: object) -> Log:
    entries = log_history_of(document)
    if entries is not None:
        return read_trainer_state(path, entries)
    columns = columns_of(document)
    if columns is None:
        hint = f"Save it with `json.dump(history.history, file)`: an object with one list per metric. {READABLE}"
        raise HistoryInvalid(path, "is JSON, but not an object of lists", hint=hint)
    return read_columns(path, columns)


def _parsed(path: Path, text: str) -> object:
    """Parse JSON, or else what Python prints, which has its strings in single quotes."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        if not re.search(r"\{\s*'", text[:1000]):
            raise HistoryInvalid(path, f"is not valid JSON ({error})", hint=READABLE) from error
    try:
        return read_printed(text)
    except ValueError as error:
        raise HistoryInvalid(path, f"is not a printed History.history ({error})", hint=READABLE) from error
