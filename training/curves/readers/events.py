"""Reads the scalars of TensorBoard's event files, as Keras, Lightning, Hugging Face and others write them.

Only event.proto's step and summary, and of a summary's values tag, simple value and tensor are read.
"""

import math
import struct
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final

from training.curves.readers.columns import choose
from training.curves.readers.log import Log
from training.curves.readers.records import Field, fields, read_records
from training.curves.readers.steps import Logged, merge
from training.errors import HistoryInvalid

SPLITS: Final = frozenset({"train", "training", "validation", "val", "valid", "eval"})
"""Names of folders that hold the events of one split of a run."""

_STEP, _SUMMARY = 2, 5  # of Event
_VALUE = 1  # of Summary
_TAG, _SIMPLE_VALUE, _TENSOR = 1, 2, 8  # of Summary.Value
_TYPE, _CONTENT, _FLOATS, _DOUBLES = 1, 4, 5, 6  # of TensorProto
_FORMS: Final = {1: "<f", 2: "<d"}
"""Types of a tensor that hold a scalar: float and double."""

Scalars = Mapping[str, Mapping[int, float]]
"""Name → step → value, the last one written for the step."""


def read_events(paths: Sequence[Path]) -> Log:
    """Read the event files of one run, with the folder of a split as part of the names.

    Raises:
        HistoryInvalid: If they do not hold a training loss.
    """
    scalars: dict[str, dict[int, float]] = defaultdict(dict)
    for path in sorted(paths, key=lambda path: path.name):
        split = path.parent.name.lower()
        prefix = f"{split}/" if split in SPLITS else ""
        for tag, step, value in _scalars(path):
            scalars[prefix + tag][step] = value
    return merge(paths[0], list(_by_epoch(scalars)))


def _by_epoch(scalars: Scalars) -> Iterator[Logged]:
    """Assign each value to its epoch: the one logged at its step, else the validation that follows, else the step."""
    epochs = next((scalars[name] for name in scalars if name.split("/")[-1] == "epoch"), None)
    ends = _ends(scalars)
    for name, steps in scalars.items():
        for step, value in steps.items():
            if epochs:
                yield Logged(_logged_epoch(epochs, step), {name: value})
            else:
                yield Logged(bisect_left(ends, step) if ends else step, {name: value})


def _logged_epoch(epochs: Mapping[int, float], step: int) -> int:
    """Return the epoch that was logged at a step or next; parts of an epoch, as Hugging Face logs, belong to it."""
    steps = sorted(epochs)
    value = epochs[steps[min(bisect_left(steps, step), len(steps) - 1)]]
    is_whole = all(float(epoch).is_integer() for epoch in epochs.values())
    return int(value) if is_whole else math.ceil(value) - 1


def _ends(scalars: Scalars) -> list[int]:
    """Return the steps at which epochs end, if the training loss was logged more often than validation; else none."""
    chosen = choose(scalars)
    train = {step for name in chosen.get("loss", [])[:1] for step in scalars[name]}
    names = chosen.get("val_loss") or chosen.get("val_accuracy") or []
    validated = {step for name in names[:1] for step in scalars[name]}
    return sorted({*validated, max(train)}) if validated and len(train) > 1.5 * len(validated) else []


def _scalars(path: Path) -> Iterator[tuple[str, int, float]]:
    """Yield tag, step and value of each scalar in a file."""
    try:
        for record in read_records(path):
            event = dict(fields(record))
            summary, step = event.get(_SUMMARY), event.get(_STEP, 0)
            if not isinstance(summary, bytes) or not isinstance(step, int):
                continue
            for number, message in fields(summary):
                if number == _VALUE and isinstance(message, bytes):
                    yield from ((tag, step, value) for tag, value in _scalar(dict(fields(message))))
    except (ValueError, struct.error) as error:
        hint = "Name another file, or the file from before it was damaged."
        raise HistoryInvalid(path, f"is a damaged event file: {error}", hint=hint) from error


def _scalar(value: Mapping[int, Field]) -> Iterator[tuple[str, float]]:
    tag, simple, tensor = value.get(_TAG), value.get(_SIMPLE_VALUE), value.get(_TENSOR)
    if not isinstance(tag, bytes):
        return
    if isinstance(simple, bytes):
        yield tag.decode("utf-8", "replace"), struct.unpack("<f", simple)[0]
    elif isinstance(tensor, bytes) and (number := _number(dict(fields(tensor)))) is not None:
        yield tag.decode("utf-8", "replace"), number


def _number(tensor: Mapping[int, Field]) -> float | None:
    """Return the only number of a tensor; None if it holds another kind of value, such as an image."""
    form = _FORMS.get(kind) if isinstance(kind := tensor.get(_TYPE), int) else None
    data = tensor.get(_CONTENT) or tensor.get(_FLOATS) or tensor.get(_DOUBLES)
    if form is None or not isinstance(data, bytes) or len(data) != struct.calcsize(form):
        return None
    return float(struct.unpack(form, data)[0])
