"""The forms of a table for programs: CSV (RFC 4180), JSON lines, and one JSON document.

Each form is written as the outcomes arrive, so that no table is held in memory.
"""

import csv
import io
import json
import textwrap
from collections.abc import Mapping
from typing import Any, Final, Protocol

from app.predictions.schemas import BatchPrediction
from app.tables.outcomes import Answerer, Outcome, Tally, is_damaged, path_of, state_of
from model_store.cells import quoted
from model_store.labelled_sets.interpretation import Ignored

DAMAGED: Final = "damaged"
"""The reason in the row of a scored file that is damaged."""
COLUMNS: Final = ("path", "state", "reason", "label", "probability", "probabilities")


class TableForm(Protocol):
    """A form, as bytes in UTF-8: the head, a piece for each outcome, and the tail."""

    def head(self, answerer: Answerer) -> bytes:
        """Return the bytes before the first outcome."""

    def piece(self, outcome: Outcome) -> bytes:
        """Return the bytes of one outcome."""

    def tail(self, counts: Tally) -> bytes:
        """Return the bytes after the last outcome."""


def row_of(outcome: Outcome) -> dict[str, Any]:
    """Return an outcome as a row of `COLUMNS`; a value that does not apply is None."""
    row: dict[str, Any] = dict.fromkeys(COLUMNS) | {"path": path_of(outcome), "state": state_of(outcome)}
    if isinstance(outcome, BatchPrediction):
        probabilities = {entry.label: entry.probability for entry in outcome.predictions}
        row |= {"label": outcome.label, "probability": outcome.probability, "probabilities": probabilities}
        row["reason"] = DAMAGED if is_damaged(outcome) else None
    elif isinstance(outcome, Ignored):
        row["reason"] = outcome.reason
    else:
        problem = outcome.error
        row["reason"] = (problem.model_extra or {}).get("reason") or problem.type.rpartition("/")[2]
    return row


class CsvForm:
    """Comma-separated values: a line for each file, and the probabilities as a JSON object in one cell."""

    def head(self, answerer: Answerer) -> bytes:
        """Return the line of column names."""
        del answerer
        return _csv_line(COLUMNS)

    def piece(self, outcome: Outcome) -> bytes:
        """Return one line."""
        return _csv_line(_cell(value) for value in row_of(outcome).values())

    def tail(self, counts: Tally) -> bytes:
        """Return nothing."""
        del counts
        return b""


class JsonLinesForm:
    """JSON lines: an object for each file."""

    def head(self, answerer: Answerer) -> bytes:
        """Return nothing."""
        del answerer
        return b""

    def piece(self, outcome: Outcome) -> bytes:
        """Return one line."""
        return json.dumps(row_of(outcome), ensure_ascii=False).encode() + b"\n"

    def tail(self, counts: Tally) -> bytes:
        """Return nothing."""
        del counts
        return b""


class JsonForm:
    """The body of `POST /predict/batch`, with the ignored files and the counts behind the results."""

    def __init__(self) -> None:
        self._ignored: list[dict[str, str]] = []
        self._separator = ""

    def head(self, answerer: Answerer) -> bytes:
        """Return the members before the results."""
        model, version = answerer
        return f'{{\n  "model": {json.dumps(model)},\n  "version": {version},\n  "results": ['.encode()

    def piece(self, outcome: Outcome) -> bytes:
        """Return one result; ignored files come later."""
        if isinstance(outcome, Ignored):
            self._ignored.append(outcome.model_dump())
            return b""
        text = textwrap.indent(outcome.model_dump_json(indent=2, exclude_unset=True), "    ")
        piece, self._separator = f"{self._separator}\n{text}", ","
        return piece.encode()

    def tail(self, counts: Tally) -> bytes:
        """Return the members behind the results."""
        scored, unreadable = counts["scored"], counts["unreadable"]
        members = {
            "ignored": self._ignored,
            "count": scored + unreadable,
            "succeeded": scored,
            "failed": unreadable,
            "damaged": counts.damaged,
        }
        text = json.dumps(members, indent=2, ensure_ascii=False).removeprefix("{\n")
        return f"\n  ],\n{text}\n".encode()


FORMS: Final[Mapping[str, type[TableForm]]] = {"csv": CsvForm, "jsonl": JsonLinesForm, "json": JsonForm}
"""Name of a form, which is also the ending of its files, and its class."""


def _csv_line(cells: Any) -> bytes:  # noqa: ANN401  as csv.writer
    file = io.StringIO(newline="")
    csv.writer(file).writerow(cells)
    return file.getvalue().encode()


def _cell(value: object) -> object:
    if isinstance(value, dict):
        value = json.dumps(value, ensure_ascii=False)
    return quoted(value) if isinstance(value, str) else value
