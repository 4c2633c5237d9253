"""A table that is not whole has another name, and can be continued after its last whole row."""

from collections import Counter
from pathlib import Path

import pytest

from app.errors import TableBusy, TableNotResumable
from app.tables.forms import FORMS
from app.tables.outcomes import Answerer
from app.tables.partial import Partial, TableFile, find_partial
from tests.unit.app.tables.test_forms import OUTCOMES, scored

PETS = Answerer("pets", 3)
PATHS = ['a "b",\nc.png', "=1+1.png", "x.png", "notes.txt"]


def begin(path: Path, rows: int) -> Path:
    """Write the first rows of a table, and return the partial file."""
    form, file = FORMS[path.suffix[1:]](), TableFile(path)
    file.open(PETS, form.head(PETS))
    for outcome in OUTCOMES[:rows]:
        file.write(form.piece(outcome))
    file.close()
    assert file.partial is not None
    return file.partial


@pytest.fixture(params=["csv", "jsonl"])
def path(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    return tmp_path / f"results.{request.param}"


def test_a_table_has_its_name_only_when_it_is_whole(path: Path) -> None:
    path.write_text("an earlier table")
    partial = begin(path, 2)
    assert partial.name == f"{path.name}.pets-3.partial"
    assert path.read_text() == "an earlier table"
    file = TableFile(path, find_partial(path))
    file.open(PETS, b"not written")
    file.finish(b"")
    assert [file.name for file in path.parent.iterdir()] == [path.name]
    assert path.read_bytes().count(b"png") == 2


@pytest.mark.parametrize("resume", [False, True])
def test_a_table_that_another_process_writes_is_left_alone(path: Path, *, resume: bool) -> None:
    first = TableFile(path)
    first.open(PETS, b"head\n")
    first.write(b"row\n")
    other = TableFile(path, Partial(path.with_name(f"{path.name}.pets-3.partial"), PETS) if resume else None)
    with pytest.raises(TableBusy, match=r"Another process writes .*partial"):
        other.open(PETS, b"head\n")
    first.finish(b"")
    assert path.read_bytes() == b"head\nrow\n"


@pytest.mark.parametrize("cut", range(1, 12))
def test_a_row_that_was_cut_off_is_written_again(path: Path, cut: int) -> None:
    partial = begin(path, 2)
    data = partial.read_bytes()
    partial.write_bytes(data[:-cut])
    found = find_partial(path)
    assert found is not None
    assert found.paths == PATHS[:1]
    assert found.counts == Counter(scored=1)
    file, form = TableFile(path, found), FORMS[path.suffix[1:]]()
    file.open(PETS, form.head(PETS))
    file.write(form.piece(OUTCOMES[1]))
    file.finish(b"")
    assert path.read_bytes() == data


def test_the_damaged_files_of_a_partial_table_are_counted_again(path: Path) -> None:
    file, form = TableFile(path), FORMS[path.suffix[1:]]()
    file.open(PETS, form.head(PETS))
    for name, damaged in [("1.png", False), ("2.jpg", True)]:
        file.write(form.piece(scored(name, damaged=damaged)))
    file.close()
    found = find_partial(path)
    assert found is not None
    assert found.counts.sentence() == "2 files = 2 scored + 0 unreadable + 0 ignored; 1 of the scored is damaged"


def test_a_cell_with_a_line_break_may_be_cut_in_its_middle(tmp_path: Path) -> None:
    partial = begin(tmp_path / "results.csv", 1)
    partial.write_bytes(partial.read_bytes().partition(b"\nc.png")[0] + b"\n")
    found = find_partial(tmp_path / "results.csv")
    assert found is not None
    assert (found.paths, found.bytes) == ([], len(b"path,state,reason,label,probability,probabilities\r\n"))


def test_an_empty_partial_file_gets_its_head(path: Path) -> None:
    begin(path, 0).write_bytes(b"")
    file = TableFile(path, find_partial(path))
    file.open(PETS, b"head")
    file.finish(b"")
    assert path.read_bytes() == b"head"


def test_a_formula_that_was_made_harmless_is_the_same_file(path: Path) -> None:
    begin(path, 3)
    found = find_partial(path)
    assert found is not None
    rest = iter(PATHS)
    found.check(rest)
    assert list(rest) == PATHS[3:]


@pytest.mark.parametrize("paths", [["other.png", *PATHS[1:]], PATHS[:1], []])
def test_other_files_than_before_are_not_continued(path: Path, paths: list[str]) -> None:
    begin(path, 2)
    found = find_partial(path)
    assert found is not None
    with pytest.raises(TableNotResumable, match=r"its row \d is .* but file \d is now"):
        found.check(iter(paths))


def test_a_file_that_is_no_table_is_not_continued(path: Path) -> None:
    begin(path, 1).write_bytes(b"hello,\xff\nworld\n")
    with pytest.raises(TableNotResumable):
        find_partial(path)


def test_two_partial_tables_are_a_question(path: Path) -> None:
    begin(path, 1)
    path.with_name(f"{path.name}.pets-4.partial").touch()
    with pytest.raises(TableNotResumable, match="keep one of them"):
        find_partial(path)


def test_there_may_be_nothing_to_continue(path: Path) -> None:
    path.with_name("other.csv.pets-4.partial").touch()
    assert find_partial(path) is None
