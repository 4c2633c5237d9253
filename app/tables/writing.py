"""Writing a table: every found file is answered or ignored, and its outcome goes to a sink as it arrives."""

from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import aclosing
from itertools import chain, islice
from pathlib import Path
from typing import BinaryIO, Protocol

from rich.console import Console

from app.errors import TableIncomplete
from app.tables.files import FoundFiles
from app.tables.forms import TableForm
from app.tables.outcomes import Answerer, Answering, Outcome, Tally, is_damaged, outcomes_of, state_of
from app.tables.partial import Partial, TableFile
from app.tables.terminal import TerminalTable
from model_store.errors import FullcountError, SetRejected
from model_store.text import counted


class Sink(Protocol):
    """Takes the outcomes of a table, in order."""

    @property
    def partial(self) -> Path | None:
        """The file that has the outcomes so far, if they can be resumed."""

    def begin(self, answerer: Answerer) -> None:
        """Begin the table, before the first outcome."""

    def add(self, outcome: Outcome) -> None:
        """Take the next outcome."""

    def finish(self, counts: Tally) -> None:
        """End the table, which is whole."""


class TerminalSink:
    """Prints the table for people when it is whole."""

    partial: Path | None = None

    def __init__(self) -> None:
        self._table = TerminalTable()
        self._answerer: Answerer | None = None

    def begin(self, answerer: Answerer) -> None:
        """Note who answers."""
        self._answerer = answerer

    def add(self, outcome: Outcome) -> None:
        """Add a row."""
        self._table.add(outcome)

    def finish(self, counts: Tally) -> None:
        """Print the table."""
        if self._answerer is not None:
            Console().print(self._table.lay_out(self._answerer, counts))


class StreamSink:
    """Writes a form to a stream, such as standard output."""

    partial: Path | None = None

    def __init__(self, form: TableForm, stream: BinaryIO) -> None:
        self._form = form
        self._stream = stream

    def begin(self, answerer: Answerer) -> None:
        """Write the head."""
        self._stream.write(self._form.head(answerer))

    def add(self, outcome: Outcome) -> None:
        """Write a piece."""
        self._stream.write(self._form.piece(outcome))

    def finish(self, counts: Tally) -> None:
        """Write the tail."""
        self._stream.write(self._form.tail(counts))
        self._stream.flush()


class FileSink:
    """Writes a form to a file, which has its own name only when it is whole."""

    def __init__(self, form: TableForm, file: TableFile) -> None:
        self._form = form
        self._file = file

    @property
    def partial(self) -> Path | None:
        """The partial file, once it exists."""
        return self._file.partial

    def begin(self, answerer: Answerer) -> None:
        """Open the file."""
        self._file.open(answerer, self._form.head(answerer))

    def add(self, outcome: Outcome) -> None:
        """Write a piece."""
        self._file.write(self._form.piece(outcome))

    def finish(self, counts: Tally) -> None:
        """Write the tail, and give the file its name."""
        self._file.finish(self._form.tail(counts))


async def write_table(
    files: Sequence[FoundFiles],
    answering: Answering,
    sink: Sink,
    on_progress: Callable[[int, int], None] = lambda *_: None,
    *,
    resumed: Partial | None = None,
) -> Tally:
    """Write the outcome of every file to a sink.

    Args:
        files: The files, in the order of the table.
        answering: Answers them.
        sink: Takes the outcomes.
        on_progress: Called with the number of files that are done, and their total.
        resumed: The rows that the sink has already.

    Returns:
        The numbers of files of the whole table.

    Raises:
        SetRejected: If there is no file to predict.
        TableNotResumable: If `resumed` is of other files.
        TableIncomplete: If an error ended the table after its first file.
        FullcountError: If an error came before.
    """
    check_files(files)
    total = sum(map(len, files))
    remaining = chain.from_iterable(files)
    counts = Tally()
    if resumed is not None:
        resumed.check(file.path for file in remaining)
        counts = resumed.counts
    has_begun = False
    try:
        first = None if resumed is None else resumed.answerer
        async with aclosing(outcomes_of(remaining, answering, first)) as outcomes:
            async for answerer, outcome in outcomes:
                if not has_begun:
                    sink.begin(answerer)
                    has_begun = True
                sink.add(outcome)
                counts.note(state_of(outcome), is_damaged=is_damaged(outcome))
                on_progress(counts.total(), total)
    except FullcountError as error:
        if not counts:
            raise
        following = next(islice(chain.from_iterable(files), counts.total(), None))
        raise TableIncomplete(error, counts.total(), total, following.path, sink.partial) from error
    sink.finish(counts)
    return counts


def check_files(files: Sequence[FoundFiles]) -> None:
    """Check that there is a file to predict.

    Raises:
        SetRejected: If every file is ignored, or there is none.
    """
    if any(len(group) > len(group.ignored) for group in files):
        return
    reasons = Counter(reason for group in files for reason in group.ignored.values())
    counts = ", ".join(f"{counted(count, 'file')} {reason}" for reason, count in sorted(reasons.items()))
    ignored = f"; ignored: {counts}" if counts else ""
    raise SetRejected("no-images", f"There is no image file to predict{ignored}.")
