"""Finds the learning curves in the folder of a run: a table, a trainer's state, or TensorBoard's event files."""

import re
from collections import defaultdict
from pathlib import Path
from typing import Final

from training.curves.readers.events import SPLITS
from training.curves.readers.log import READABLE
from training.errors import HistoryInvalid

_NAMES: Final = ("history.csv", "metrics.csv", "results.csv", "trainer_state.json", "history.json", "training.log")
"""Names of files that programs give their learning curves, the first that a folder has is used."""
_CHECKPOINT: Final = re.compile(r"checkpoint-(\d+)")
_EVENTS: Final = "*tfevents*"
_MAX_DEPTH: Final = 4
_LISTED: Final = 5


def find_curves(folder: Path) -> list[Path]:
    """Return the file of a folder that holds its curves, or the event files of its run.

    Of several states of one trainer, which writes one with each checkpoint, the longest is returned.

    Raises:
        HistoryInvalid: If the folder holds none, or those of several runs.
    """
    for name in _NAMES:
        found = [path for path in _within(folder, name) if path.is_file()]
        if found:
            return [_only(folder, _last_checkpoint(found))]
    runs: dict[Path, list[Path]] = defaultdict(list)
    for path in _within(folder, _EVENTS):
        if path.is_file():
            runs[run_of(path)].append(path)
    if not runs:
        raise HistoryInvalid(folder, "is a folder without learning curves", hint=READABLE)
    files = runs[_only(folder, sorted(runs))]
    return sorted({*files, *event_files_beside(files[0])})


def event_files_beside(path: Path) -> list[Path]:
    """Return the event files of the run that one belongs to: those of all splits, or the file alone."""
    run = run_of(path)
    if run == path.parent:
        return [path]
    return sorted(other for other in run.glob(f"*/{_EVENTS}") if other.is_file() and run_of(other) == run)


def run_of(path: Path) -> Path:
    """Return the folder of the run that an event file belongs to: that above the folder of a split."""
    return path.parent.parent if path.parent.name.lower() in SPLITS else path.parent


def _within(folder: Path, pattern: str) -> list[Path]:
    """Return the paths that match at the smallest depth that has any."""
    for depth in range(_MAX_DEPTH):
        if found := sorted(folder.glob("*/" * depth + pattern)):
            return found
    return []


def _last_checkpoint(paths: list[Path]) -> list[Path]:
    """Return the file of the last checkpoint of one run; all paths if they are not in the folders of checkpoints."""
    steps = [_CHECKPOINT.fullmatch(path.parent.name) for path in paths]
    known = [(int(match[1]), path) for match, path in zip(steps, paths, strict=True) if match]
    is_one_run = len(known) == len(paths) and len({path.parent.parent for path in paths}) == 1
    return [max(known)[1]] if is_one_run else paths


def _only(folder: Path, paths: list[Path]) -> Path:
    if len(paths) == 1:
        return paths[0]
    names = ", ".join(path.relative_to(folder).as_posix() for path in paths[:_LISTED])
    more = f" and {len(paths) - _LISTED} more" if len(paths) > _LISTED else ""
    raise HistoryInvalid(folder, f"holds the curves of {len(paths)} runs: {names}{more}", hint="Name one of them.")
