"""Laws of cells, for any text: no spreadsheet runs one, and a table that was written is read as it was meant."""

import csv
import io
import re

from hypothesis import example, given
from hypothesis import strategies as st

from model_store.cells import SIGNS, quoted, unquoted
from model_store.labelled_sets.corrections.finding import FileFinder
from model_store.labelled_sets.corrections.reading import read_corrections
from model_store.labelled_sets.label_tables.reading import read_label_table
from model_store.labelled_sets.names import LabelMatcher
from tests.support.examples import examples

hostile = st.text(st.sampled_from([*SIGNS, "\t", "\r", "\n", "'", ";", "a", "1", ","]), max_size=8)
texts = st.one_of(hostile, st.text(max_size=9))
names = st.text(st.sampled_from("=+-@'a1\uff1d"), min_size=1, max_size=5).map("{}.png".format)


@examples(300)
@given(text=texts)
@example(text="\t=1")
@example(text="'=1")
def test_a_cell_is_read_as_it_was_meant_and_begins_no_formula(text: str) -> None:
    assert unquoted(quoted(text)) == text
    assert not quoted(text).startswith(("\t", "\r", "\n"))
    pieces = re.split(r"[;\t\r\n]", quoted(text))  # as a spreadsheet does whose separator is another
    assert not [piece for piece in pieces if piece.startswith(tuple(SIGNS))]


@examples(100)
@given(number=st.floats(min_value=0, allow_nan=False))
def test_numbers_stay_numbers(number: float) -> None:
    assert quoted(str(number)) == str(number)


@examples(100)
@given(text=st.text(st.characters(exclude_characters=SIGNS + "'\t\r\n")))
def test_other_text_is_left_alone(text: str) -> None:
    assert quoted(text) == unquoted(text) == text


def table(*rows: list[str]) -> bytes:
    file = io.StringIO(newline="")
    csv.writer(file).writerows(rows)
    return file.getvalue().encode()


@examples(60)
@given(files=st.lists(names, min_size=2, max_size=6, unique=True), label=st.sampled_from(["=cat", "'-cat", "cat"]))
def test_corrections_find_the_files_that_they_were_written_for(files: list[str], label: str) -> None:
    rows = [[quoted(file), quoted(label), quoted("@dog")] for file in files]
    read = read_corrections("corrections.csv", table(["path", "was", "should_be"], *rows)).rows
    finder = FileFinder(files)
    assert [finder.find(row.path) for row in read] == [[file] for file in files]
    assert {(row.was, row.should_be) for row in read} == {(label, "@dog")}


@examples(60)
@given(files=st.lists(names, min_size=2, max_size=6, unique=True))
def test_a_table_of_labels_finds_files_whether_it_was_quoted_or_not(files: list[str]) -> None:
    labels = dict(zip(files, ["=a", "b"] * 3, strict=False))
    for write in (quoted, str):
        if write is str and any(unquoted(file) in files for file in files if unquoted(file) != file):
            continue  # one cell for two files: the one that was quoted is meant
        data = table(["path", "label"], *([write(file), write(label)] for file, label in labels.items()))
        read = read_label_table("labels.csv", data, files, LabelMatcher(()))
        assert read is not None
        assert read.names == labels
        assert read.missing == []
