"""The outcome for each file of a table: its prediction, the error it met, or the reason why it was ignored."""

from collections import Counter, deque
from collections.abc import AsyncGenerator, Callable, Iterable, Iterator
from contextlib import aclosing
from typing import Literal, NamedTuple

from app.errors import VersionChanged
from app.predictions.schemas import BatchFailure, BatchPrediction
from app.tables.files import FoundFile
from model_store.labelled_sets.interpretation import Ignored
from model_store.text import counted

State = Literal["scored", "unreadable", "ignored"]
"""The state of a file; every file of a table has one."""

Outcome = BatchPrediction | BatchFailure | Ignored


class Answerer(NamedTuple):
    """The model and version that answer."""

    model: str
    version: int


class FileAnswer(NamedTuple):
    """The answer for one file, and who gave it."""

    answerer: Answerer
    result: BatchPrediction | BatchFailure


class Tally(Counter[State]):
    """State → files, and how many of the scored ones are damaged."""

    damaged: int = 0

    def note(self, state: State, *, is_damaged: bool = False) -> None:
        """Count a file."""
        self[state] += 1
        self.damaged += is_damaged

    def sentence(self) -> str:
        """Return the accounting as a sentence: every file is in it."""
        damaged = f"; {self.damaged:,} of the scored {'is' if self.damaged == 1 else 'are'} damaged"
        return (
            f"{counted(self.total(), 'file')} = {self['scored']:,} scored + {self['unreadable']:,} unreadable "
            f"+ {self['ignored']:,} ignored{damaged if self.damaged else ''}"
        )


Answering = Callable[[Iterable[FoundFile]], AsyncGenerator[FileAnswer, None]]
"""Answers files in order, a bounded number at the same time; each is taken only when its turn comes."""


async def outcomes_of(
    files: Iterable[FoundFile], answering: Answering, first: Answerer | None = None
) -> AsyncGenerator[tuple[Answerer, Outcome], None]:
    """Yield the outcome for every file, in order, with the version that answers.

    Close the generator to cancel the predictions in progress.

    Args:
        files: The files.
        answering: Answers those that are not ignored.
        first: The version that answered earlier files of the same table.

    Raises:
        VersionChanged: If another version answers than before.
    """
    pending: deque[FoundFile] = deque()

    def taken() -> Iterator[FoundFile]:
        for file in files:
            pending.append(file)
            if file.ignored is None:
                yield file

    index = 0
    async with aclosing(answering(taken())) as answers:
        async for answerer, result in answers:
            first = first or answerer
            if answerer != first:
                raise VersionChanged(*first, *answerer)
            file = pending.popleft()
            while file.ignored is not None:
                yield first, Ignored(path=file.path, reason=file.ignored)
                file = pending.popleft()
            yield first, result.model_copy(update={"index": index, "filename": file.path})
            index += 1
    for file in pending:
        if first is not None and file.ignored is not None:
            yield first, Ignored(path=file.path, reason=file.ignored)


def state_of(outcome: Outcome) -> State:
    """Return the state of the outcome's file."""
    if isinstance(outcome, BatchPrediction):
        return "scored"
    return "unreadable" if isinstance(outcome, BatchFailure) else "ignored"


def is_damaged(outcome: Outcome) -> bool:
    """Tell whether the outcome is a prediction about a damaged file."""
    return isinstance(outcome, BatchPrediction) and outcome.damaged


def path_of(outcome: Outcome) -> str:
    """Return the path of the outcome's file."""
    return outcome.path if isinstance(outcome, Ignored) else outcome.filename or ""
