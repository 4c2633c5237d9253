"""Merges values that were logged at steps into epochs, as Lightning, Hugging Face and TensorBoard write them."""

import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from training.curves.readers.columns import choose
from training.curves.readers.log import READABLE, Log, LoggedEpoch
from training.errors import HistoryInvalid


@dataclass(frozen=True, slots=True)
class Logged:
    """Values that were logged at one time: the epoch, counted as the file does, and name → number."""

    epoch: int
    values: Mapping[str, float]


def merge(path: Path, logged: Sequence[Logged], notes: tuple[str, ...] = ()) -> Log:
    """Return one row per epoch.

    The training loss and accuracy of an epoch are their value for the epoch, else the mean of its steps. Validation has
    its last value. A training loss that was logged less than once per epoch stands for the epochs before it, of which
    it is the mean.

    Raises:
        HistoryInvalid: If there is no training loss.
    """
    chosen = choose(dict.fromkeys(name for one in logged for name in one.values))
    if "loss" not in chosen:
        names = ", ".join(dict.fromkeys(name for one in logged for name in one.values))
        raise HistoryInvalid(path, f"has no training loss, only: {names[:200] or 'nothing'}", hint=READABLE)
    rows = _rows(logged, chosen)
    bare = [row for row in rows if "loss" not in row.cells]
    if bare:
        _fill(rows)
        count = f"{len(bare)} of {len(rows)} epochs"
        notes = (*notes, f"{count} have no training loss of their own: the next one that was logged stands for them.")
    return Log(tuple(rows), notes, next(iter(chosen.get("val_accuracy", chosen.get("accuracy", []))), None))


def _rows(logged: Sequence[Logged], chosen: Mapping[str, list[str]]) -> list[LoggedEpoch]:
    by_epoch: dict[int, list[Mapping[str, float]]] = defaultdict(list)
    for one in logged:
        by_epoch[one.epoch].append(one.values)
    rows = []
    for epoch in sorted(by_epoch):
        cells = {"epoch": str(epoch)}
        for column, names in chosen.items():
            value = _value(column, names, by_epoch[epoch])
            if value is not None and column not in {"epoch", "step", "phase"}:
                cells[column] = repr(value)
        if len(cells) > 1:
            rows.append(LoggedEpoch(None, cells))
    return rows


def _value(column: str, names: Sequence[str], entries: Sequence[Mapping[str, float]]) -> float | None:
    """Return the value of a column in one epoch, from the best name that has one."""
    for name in names:
        values = [entry[name] for entry in entries if name in entry]
        if values:
            is_mean = column in {"loss", "accuracy"} and all(math.isfinite(value) for value in values)
            return math.fsum(values) / len(values) if is_mean else values[-1]
    return None


def _fill(rows: Sequence[LoggedEpoch]) -> None:
    """Give epochs without a training loss the next one, and those at the end the last one."""
    known = [(place, row.cells["loss"]) for place, row in enumerate(rows) if "loss" in row.cells]
    for place, row in enumerate(rows):
        row.cells.setdefault("loss", next((loss for at, loss in known if at >= place), known[-1][1]))
