"""Values that say what became of each row of a file of corrections."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final, Literal

from pydantic import BaseModel, ConfigDict

from model_store.text import NAMED, counted, printable

CorrectionState = Literal["applied", "left-out", "confirmed", "already", "not-found", "conflict"]

CORRECTION_STATES: Final[dict[CorrectionState, str]] = {
    "applied": "The file has another label now.",
    "left-out": "The file is not usable, and is ignored now.",
    "confirmed": "Somebody looked at the label, and it is right.",
    "already": "The set had the correction already.",
    "not-found": "The path means no image file of the set, or several.",
    "conflict": "The set's label is neither the one that it was nor the one that it should be; nothing is changed.",
}
"""Every state of a row with its meaning, in the order to show them."""

NOT_APPLIED: Final = frozenset[CorrectionState]({"not-found", "conflict"})
"""States of rows that somebody should look at."""


MOST_LINES: Final = 100
"""Rows that are listed before the rest is counted."""


class CorrectionOutcome(BaseModel):
    """A row, and what became of it."""

    model_config = ConfigDict(frozen=True)

    row: int
    """Its number in the file, from 1, as a spreadsheet shows it."""
    path: str
    was: str
    should_be: str | None
    """The label as the set spells it; null if the file is not usable."""
    why: str
    state: CorrectionState
    file: str | None
    """The file that the path means; null if there is none."""
    detail: str
    """The reason why a row was not applied, as a clause; else empty."""


def count_states(outcomes: Iterable[CorrectionOutcome]) -> dict[CorrectionState, int]:
    """Return each state and its number of rows; the sum is the number of rows in the file."""
    counts = Counter(outcome.state for outcome in outcomes)
    return {state: counts[state] for state in CORRECTION_STATES}


def row_sentences(states: Mapping[CorrectionState, int], not_applied: Sequence[CorrectionOutcome]) -> Iterator[str]:
    """Write the sum of the rows, and name the first of those that were not applied."""
    parts = [f"{count:,} {state}" for state, count in states.items() if count]
    yield f"{counted(sum(states.values()), 'row')} of corrections = {' + '.join(parts) or 0}."
    for outcome in not_applied[:NAMED]:
        yield f"Not applied, row {outcome.row}: {printable(outcome.path)}: {outcome.detail}."
    if len(not_applied) > NAMED:
        yield f"{len(not_applied) - NAMED:,} more rows were not applied."


def row_lines(outcomes: Sequence[CorrectionOutcome]) -> Iterator[str]:
    """Write the sum of the rows and then each row with its state, those that were not applied first."""
    yield next(row_sentences(count_states(outcomes), ()))
    for outcome in sorted(outcomes, key=lambda outcome: outcome.state not in NOT_APPLIED)[:MOST_LINES]:
        should_be = "not usable" if outcome.should_be is None else outcome.should_be
        labels = outcome.was if outcome.was == should_be else f"{outcome.was} → {should_be}"
        reason = f": {outcome.detail}" if outcome.detail else ""
        yield f"Row {outcome.row}: {printable(outcome.path)}: {printable(labels)}, {outcome.state}{reason}"
    if len(outcomes) > MOST_LINES:
        yield f"And {len(outcomes) - MOST_LINES:,} more rows."
