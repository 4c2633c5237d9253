"""The progress bar of long commands."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import MofNCompleteColumn, Progress

OnProgress = Callable[[int, int], None]
"""Called with the number of files that are done, and their total."""


@contextmanager
def show_progress(what: str) -> Iterator[OnProgress]:
    """Show a progress bar on standard error, if that is a terminal, and yield the function that moves it."""
    console = Console(stderr=True)
    columns = (*Progress.get_default_columns(), MofNCompleteColumn())
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress:
        task = progress.add_task(what, total=None)
        yield lambda done, total: progress.update(task, completed=done, total=total)
