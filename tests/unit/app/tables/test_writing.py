"""A table from its files to its sink: every file once, in order, and a clear end if it ends early."""

import io
import json
from collections import Counter, deque
from collections.abc import AsyncGenerator, Iterable
from pathlib import Path

import pytest
from rich.console import Console

from app.errors import ServerBusy, TableIncomplete, VersionChanged
from app.predictions.schemas import BatchFailure
from app.problems import problem_of
from app.tables.files import FoundFile, FoundFiles
from app.tables.forms import FORMS
from app.tables.outcomes import Answerer, FileAnswer, Tally
from app.tables.partial import TableFile, find_partial
from app.tables.terminal import SHOWN, TerminalTable
from app.tables.writing import FileSink, StreamSink, write_table
from model_store.errors import ImageRejected, SetRejected
from model_store.labelled_sets.interpretation import IgnoredReason
from tests.unit.app.tables.test_forms import scored

PETS = Answerer("pets", 3)


def group(*paths: str, ignored: dict[str, IgnoredReason] | None = None) -> FoundFiles:
    return FoundFiles(list(paths), str.encode, ignored=ignored or {})


class Answering:
    """Answers files, and fails or changes its version before the file that it is told."""

    def __init__(self, *, fails_at: str = "", changes_at: str = "") -> None:
        self.asked: deque[str] = deque(maxlen=10)
        self._fails_at, self._changes_at = fails_at, changes_at

    async def __call__(self, files: Iterable[FoundFile]) -> AsyncGenerator[FileAnswer, None]:
        answerer = PETS
        for file in files:
            if file.path == self._fails_at:
                raise ServerBusy("http://here", 4, "Overloaded: It is so.", 0)
            if file.path == self._changes_at:
                answerer = Answerer("pets", 4)
            self.asked.append(file.path)
            broken = ImageRejected("corrupt", "It is.")
            failure = BatchFailure(index=9, filename=None, error=problem_of(broken))
            yield FileAnswer(answerer, failure if "broken" in file.path else scored("other name"))


async def rows_of(*groups: FoundFiles, answering: Answering | None = None) -> list[tuple[str, str]]:
    stream = io.BytesIO()
    await write_table(groups, answering or Answering(), StreamSink(FORMS["jsonl"](), stream))
    rows = map(json.loads, stream.getvalue().splitlines())
    return [(row["path"], row["state"]) for row in rows]


async def test_every_file_has_a_row_in_the_order_of_the_files() -> None:
    first = group("b.png", "broken.png", "x.txt", ignored={"x.txt": "not-an-image"})
    second = group(".y", "a.png", "z.txt", ignored={".y": "system-file", "z.txt": "not-an-image"})
    assert await rows_of(first, second) == [
        ("b.png", "scored"),
        ("broken.png", "unreadable"),
        ("x.txt", "ignored"),
        (".y", "ignored"),
        ("a.png", "scored"),
        ("z.txt", "ignored"),
    ]


async def test_files_are_counted_as_they_are_done() -> None:
    seen: list[tuple[int, int]] = []
    files = [group("a.png", "broken.png"), group("x.txt", ignored={"x.txt": "not-an-image"})]
    sink = StreamSink(FORMS["csv"](), io.BytesIO())
    counts = await write_table(files, Answering(), sink, lambda done, total: seen.append((done, total)))
    assert counts == Counter(scored=1, unreadable=1, ignored=1)
    assert seen == [(1, 3), (2, 3), (3, 3)]


@pytest.mark.parametrize("files", [[], [group()], [group("x.txt", ignored={"x.txt": "not-an-image"})]])
async def test_nothing_to_predict_is_said(files: list[FoundFiles]) -> None:
    answering = Answering()
    with pytest.raises(SetRejected, match="no image file to predict"):
        await write_table(files, answering, StreamSink(FORMS["csv"](), io.BytesIO()))
    assert not answering.asked


async def test_an_error_in_the_middle_says_what_has_no_answer_and_can_be_resumed(tmp_path: Path) -> None:
    path = tmp_path / "results.csv"
    files = [group("a.png", "b.png", "c.png", "d.png", "x.txt", ignored={"x.txt": "not-an-image"})]
    with pytest.raises(TableIncomplete, match=r"Of 5 files, 2 have their answer; c\.png and those after it") as caught:
        await write_table(files, Answering(fails_at="c.png"), FileSink(FORMS["csv"](), broken := TableFile(path)))
    broken.close()
    assert "results.csv.pets-3.partial has the rows so far" in (caught.value.hint or "")
    assert not path.exists()

    resumed, answering = find_partial(path), Answering()
    sink = FileSink(FORMS["csv"](), TableFile(path, resumed))
    assert await write_table(files, answering, sink, resumed=resumed) == Counter(scored=4, ignored=1)
    assert list(answering.asked) == ["c.png", "d.png"]
    whole = tmp_path / "whole.csv"
    await write_table(files, Answering(), FileSink(FORMS["csv"](), TableFile(whole)))
    assert path.read_bytes() == whole.read_bytes()


async def test_only_ignored_files_may_be_left_to_resume(tmp_path: Path) -> None:
    path = tmp_path / "results.jsonl"
    files = [group("a.png", "x.txt", ignored={"x.txt": "not-an-image"})]
    sink = FileSink(FORMS["jsonl"](), file := TableFile(path))
    sink.begin(PETS)
    sink.add(scored("a.png"))
    file.close()
    resumed = find_partial(path)
    await write_table(files, Answering(), FileSink(FORMS["jsonl"](), TableFile(path, resumed)), resumed=resumed)
    assert [json.loads(line)["path"] for line in path.read_text().splitlines()] == ["a.png", "x.txt"]


async def test_an_error_before_the_first_answer_is_told_as_it_is() -> None:
    with pytest.raises(ServerBusy):
        await rows_of(group("a.png"), answering=Answering(fails_at="a.png"))


async def test_a_stream_cannot_be_resumed_and_the_hint_says_how_to() -> None:
    with pytest.raises(TableIncomplete) as caught:
        await rows_of(group("a.png", "b.png"), answering=Answering(fails_at="b.png"))
    assert "With --output FILE" in (caught.value.hint or "")


async def test_two_versions_are_not_mixed_in_a_table(tmp_path: Path) -> None:
    with pytest.raises(TableIncomplete, match="pets 3 answered the first files, and then pets 4"):
        await rows_of(group("a.png", "b.png"), answering=Answering(changes_at="b.png"))
    path = tmp_path / "results.csv"
    path.with_name("results.csv.pets-2.partial").touch()
    resumed = find_partial(path)
    with pytest.raises(VersionChanged, match="pets 2 answered the first files, and then pets 3"):
        await write_table([group("a.png")], Answering(), FileSink(FORMS["csv"](), TableFile(path)), resumed=resumed)


async def test_memory_does_not_grow_with_the_files(tmp_path: Path) -> None:
    import tracemalloc

    files = [group(*(f"{number}.png" for number in range(count))) for count in (300, 6000)]
    peaks = []
    for number, some in enumerate(files):
        sink = FileSink(FORMS["csv"](), TableFile(tmp_path / f"{number}.csv"))
        tracemalloc.start()
        await write_table([some], Answering(), sink)
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[1] < peaks[0] + 200_000


def test_the_table_for_people_counts_what_it_does_not_show() -> None:
    table = TerminalTable()
    for number in range(SHOWN + 500):
        table.add(scored(f"{number}.png"))
    counts = Tally(scored=SHOWN + 500, ignored=2)
    shown = table.lay_out(PETS, counts)
    assert len(shown.rows) == SHOWN
    assert str(shown.caption).startswith("500 more are not shown")
    assert "1,502 files = 1,500 scored + 0 unreadable + 2 ignored" in str(shown.caption)


def test_the_table_for_people_folds_a_long_path_and_never_cuts_it_off() -> None:
    name = f"{'train/' * 30}1.png"
    table = TerminalTable()
    table.add(scored(name))
    with (console := Console(width=80)).capture() as captured:
        console.print(table.lay_out(PETS, Tally(scored=1)))
    assert "".join(line.split("│")[1].strip() for line in captured.get().splitlines() if "│" in line) == name


def test_the_table_for_people_says_which_file_is_damaged() -> None:
    table = TerminalTable()
    table.add(scored("sound.jpg"))
    table.add(scored("hole.jpg", damaged=True))
    counts = Tally(scored=2)
    counts.damaged = 1
    with (console := Console(width=120)).capture() as captured:
        console.print(table.lay_out(PETS, counts))
    assert captured.get().count("the file is damaged") == 1
    assert "2 files = 2 scored + 0 unreadable + 0 ignored; 1 of the scored is damaged" in captured.get()
