"""A table of predictions for people, in a terminal."""

from typing import Final

from rich.table import Table

from app.predictions.schemas import BatchFailure, BatchPrediction
from app.tables.outcomes import Answerer, Outcome, Tally, is_damaged
from model_store.labelled_sets.interpretation import Ignored
from model_store.presentation.tables import verbatim

SHOWN: Final = 1000
"""Rows that the table shows before it counts the rest; more would be for a program."""


class TerminalTable:
    """Collects the first outcomes and lays them out; ignored files are counted only."""

    def __init__(self) -> None:
        self._outcomes: list[BatchPrediction | BatchFailure] = []

    def add(self, outcome: Outcome) -> None:
        """Add the next outcome."""
        if len(self._outcomes) < SHOWN and not isinstance(outcome, Ignored):
            self._outcomes.append(outcome)

    def lay_out(self, answerer: Answerer, counts: Tally) -> Table:
        """Return the table.

        Args:
            answerer: The version that answered.
            counts: The numbers of all files.
        """
        table = Table(title=f"{answerer.model}, version {answerer.version}")
        for column in ("image", "label", "probability", "all labels"):
            table.add_column(column, overflow="fold")  # a path that is cut off names no file
        for outcome in self._outcomes:
            _add(table, outcome)
        left = counts["scored"] + counts["unreadable"] - len(self._outcomes)
        if left or counts["ignored"] or counts.damaged:
            more = f"{left:,} more are not shown; --output writes every file to a table. " if left else ""
            table.caption = f"{more}{counts.sentence()}"
        return table


def _add(table: Table, outcome: BatchPrediction | BatchFailure) -> None:
    image = verbatim(outcome.filename or "")
    if isinstance(outcome, BatchFailure):
        table.add_row(image, "not read", "", verbatim(outcome.error.detail), style="red")
        return
    others = ", ".join(f"{entry.label} {entry.probability:.4f}" for entry in outcome.predictions)
    said = f"{others}; the file is damaged" if is_damaged(outcome) else others
    style = "yellow" if is_damaged(outcome) else None
    table.add_row(image, verbatim(outcome.label), f"{outcome.probability:.4f}", verbatim(said), style=style)
