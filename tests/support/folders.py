"""Folders in odd states, also for tests that run as root, who may list everything."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest


def make_unlistable(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let listing one folder fail for want of permission until the end of the test."""
    scandir: Callable[..., Any] = os.scandir

    def refuse(path: Path) -> Any:  # noqa: ANN401  what `os.scandir` returns has no public name
        if Path(path) == folder:
            raise PermissionError(13, "Permission denied", str(path))
        return scandir(path)

    monkeypatch.setattr("model_store.labelled_sets.walk.os.scandir", refuse)
