"""Reads the console output of Keras' `fit`, of any version and verbosity: progress bars, colours and all."""

import re
from pathlib import Path
from typing import Final

from training.curves.readers.columns import choose
from training.curves.readers.log import READABLE, Log, LoggedEpoch
from training.errors import HistoryInvalid

_EPOCH: Final = re.compile(r"^\s*Epoch (\d+)/(\d+)\s*$", re.MULTILINE)
_COLOURS: Final = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")
_METRIC: Final = re.compile(r"(?<![\w.])([A-Za-z]\w*): (-?(?:\d+\.?\d*(?:[eE][-+]?\d+)?|nan|inf))(?![\w.])")


def is_console_output(text: str) -> bool:
    """Tell whether a text has the lines with which Keras begins an epoch."""
    return _EPOCH.search(_plain(text)) is not None


def read_console(path: Path, text: str) -> Log:
    """Read the last value of each metric in each epoch; an epoch without a loss, as one that was stopped, is left out.

    Raises:
        HistoryInvalid: If no epoch has a loss.
    """
    plain = _plain(text)
    starts = list(_EPOCH.finditer(plain))
    ends = [start.start() for start in starts[1:]] + [len(plain)]
    epochs = [
        (int(start[1]), dict(_METRIC.findall(plain[start.end() : end])))
        for start, end in zip(starts, ends, strict=True)
    ]
    chosen = choose(dict.fromkeys(name for _, metrics in epochs for name in metrics))
    if "loss" not in chosen:
        raise HistoryInvalid(path, "is console output of Keras, but has no loss", hint=READABLE)
    rows = [_row(number, metrics, chosen) for number, metrics in epochs if chosen["loss"][0] in metrics]
    notes = [] if len(rows) == len(epochs) else [f"{len(epochs) - len(rows)} epochs did not end and are left out."]
    if "val_loss" in chosen and len(rows) > 1 and "val_loss" not in rows[-1].cells and "val_loss" in rows[-2].cells:
        rows, notes = rows[:-1], [*notes, "The last epoch did not end and is left out."]
    return Log(tuple(rows), tuple(notes), next(iter(chosen.get("accuracy", [])), None))


def _row(number: int, metrics: dict[str, str], chosen: dict[str, list[str]]) -> LoggedEpoch:
    found = {column: metrics[names[0]] for column, names in chosen.items() if names[0] in metrics}
    return LoggedEpoch(None, {**found, "epoch": str(number - 1)})


def _plain(text: str) -> str:
    """Return a text without colours, and with a line for each state of a progress bar."""
    return re.sub(r"\x08+|\r", "\n", _COLOURS.sub("", text))
