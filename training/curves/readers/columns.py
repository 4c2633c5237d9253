"""Meanings of column names, as Keras, Lightning, Hugging Face, Ultralytics and people write them.

`train/loss`, `Loss/train`, `train_loss_epoch` and `loss` are the training loss; `eval_loss` and `val/loss` are that of
validation.
"""

import re
from collections.abc import Iterable, Mapping
from typing import Final, NamedTuple

_ACCURACIES: Final = (
    "accuracy",
    "acc",
    "sparse_categorical_accuracy",
    "categorical_accuracy",
    "binary_accuracy",
    "accuracy_top1",
    "acc_top1",
    "top1",
    "top1_accuracy",
    "top1_acc",
    "acc1",
    "multiclassaccuracy",
    "binaryaccuracy",
    "multilabelaccuracy",
    "multilabel_accuracy",
    "hamming_accuracy",
)
"""Names of an accuracy without their split, the first that a file has is used."""
_TRAINING: Final = frozenset({"train", "training"})
_VALIDATION: Final = frozenset({"val", "valid", "validation", "eval", "evaluation", "dev"})
_TEST: Final = "test"
_RATES: Final = re.compile(r"(epoch_|train_)?(lr|learning_rate)(_[a-z]+\d*)*")
_LAST: Final = 100


class Meaning(NamedTuple):
    """The column of ours that a name stands for, and its rank among names with the same meaning, the lowest first."""

    column: str
    rank: int


def choose(header: Iterable[str]) -> dict[str, list[str]]:
    """Return column of ours → the names in a header that mean it, the best first."""
    meanings = [(meaning, name) for name in header if (meaning := meaning_of(name)) is not None]
    chosen: dict[str, list[str]] = {}
    for meaning, name in sorted(meanings, key=lambda pair: pair[0].rank):
        chosen.setdefault(meaning.column, []).append(name)
    return chosen


def meaning_of(name: str) -> Meaning | None:
    """Return the meaning of a column name; None if it is not one that is used."""
    plain = re.sub(r"[^a-z0-9]+", "_", name.strip().lower()).strip("_")
    plain = re.sub(r"_\d+$", "", plain)  # Keras 2 appended a number for a model compiled twice
    if plain in {"epoch", "phase", "step"}:
        return Meaning(plain, 0)
    if _RATES.fullmatch(plain):
        return Meaning("learning_rate", 0)
    if plain == "metrics_accuracy_top1":  # Ultralytics measures on validation
        return Meaning("val_accuracy", 0)
    return _metric(plain.split("_"))


def _metric(words: list[str]) -> Meaning | None:
    """Return the meaning of a loss or accuracy; what is measured over an epoch comes before the values of steps."""
    rank = 0
    if words[-1] in {"epoch", "step"}:
        rank = 3 if words[-1] == "step" else 1
        words = words[:-1]
    splits = _TRAINING | _VALIDATION | {_TEST}
    is_named_first = words[:1] and words[0] in splits
    split = words[0] if is_named_first else words[-1] if words[-1:] and words[-1] in splits else ""
    rest = words[1:] if is_named_first else words[:-1] if split else words
    rest = rest[1:] if rest[:1] == ["epoch"] else rest
    if split in _TRAINING and not rank:
        rank = 2
    metric = "_".join(rest)
    if metric == "loss":
        place, column = 0, "loss"
    elif metric in _ACCURACIES:
        place, column = 10 * _ACCURACIES.index(metric), "accuracy"
    else:
        return None
    prefix = "val_" if split in _VALIDATION or split == _TEST else ""
    return Meaning(prefix + column, place + rank + (_LAST * 10 if split == _TEST else 0))


def first_values(cells: Mapping[str, str], chosen: Mapping[str, list[str]]) -> dict[str, str]:
    """Return column of ours → the cell of its best name."""
    return {column: cells[names[0]] for column, names in chosen.items() if column != "step" and names[0] in cells}
