"""Values that say what became of each row of a file of corrections."""

from collections import Counter
from collections.abc import Iterable
from typing import Final, Literal

from pydantic import BaseModel, ConfigDict

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
