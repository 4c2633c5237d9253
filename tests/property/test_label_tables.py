"""A table of labels is read as it was written, and no bytes make its reader fail."""

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from model_store.errors import SetRejected
from model_store.labelled_sets.label_tables.reading import read_label_table
from model_store.labelled_sets.names import LabelMatcher
from tests.support.examples import examples

LABELS = ("cats", "dogs", "größer Vogel")
NAMES = st.text("abcxyzäß _-12", min_size=1, max_size=8).map(str.strip).filter(bool).map("p-{}".format)
FILES = st.lists(NAMES, min_size=2, max_size=12, unique_by=str.casefold)


def written(rows: list[list[str]], delimiter: str, encoding: str) -> bytes:
    file = io.StringIO(newline="")
    csv.writer(file, delimiter=delimiter).writerows(rows)
    return file.getvalue().encode(encoding)


@examples(40)
@given(
    FILES,
    st.data(),
    st.sampled_from([",", ";", "\t"]),
    st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "cp1252"]),
    st.sampled_from(["{}.jpg", "photos/{}.jpg", "/data/7/{}.jpg", "{}"]),
    st.booleans(),
)
def test_what_was_written_is_read(  # noqa: PLR0913, PLR0917  the parts of a table
    stems: list[str],
    data: st.DataObject,
    delimiter: str,
    encoding: str,
    form: str,
    has_header: bool,  # noqa: FBT001
) -> None:
    labels = [data.draw(st.sampled_from(LABELS)) for _ in stems]
    rows = [[form.format(stem), label, "640"] for stem, label in zip(stems, labels, strict=True)]
    header = [["picture", "what", "width"]] if has_header else []
    files = [f"photos/{stem}.jpg" for stem in stems]
    table = read_label_table("labels.csv", written([*header, *rows], delimiter, encoding), files, LabelMatcher(LABELS))
    assert table is not None
    assert [table.place_of(file).label for file in files] == labels
    assert (table.rows, table.missing, table.unnamed) == (len(stems), [], [])


@given(
    st.one_of(
        st.binary(max_size=200),
        st.text('ab1/.,;\t|"\n{}[]:é\0', max_size=120).map(str.encode),
        st.text('ab1,\n"', max_size=80).map(lambda text: f"path,label\n{text}".encode()),
        st.text('{}[]":a1,\n', max_size=80).map(lambda text: f'{{"a": "a.png", "b": "x"}}\n{text}'.encode()),
    ),
    st.sampled_from([(), ("a", "b")]),
)
def test_no_bytes_make_the_reader_fail(data: bytes, labels: tuple[str, ...]) -> None:
    files = ["a.png", "b/1.png", "labels.csv", "classes.txt"]
    codes = [("classes.txt", data), ("names.json", b'{"1": "a"}')]
    refused = None
    try:
        table = read_label_table("labels.csv", data, files, LabelMatcher(labels), code_files=codes)
    except SetRejected as error:
        table, refused = None, error.reason
    assert refused in {None, "labels-file"}
    if table is not None:
        named = {path for path in table.names if path not in table.missing}
        assert named <= set(files)
        assert all(table.names.values())


@pytest.mark.parametrize("columns", [2, 40])
def test_a_table_of_many_rows_is_read_in_seconds(columns: int) -> None:
    import time

    files = [f"images/{number % 100}/{number:06}.jpg" for number in range(4_000)]
    rows = "".join(f"{number:06},{'cats' if number % 2 else 'dogs'}{',1' * (columns - 2)}\n" for number in range(4_000))
    started = time.process_time()
    table = read_label_table("labels.csv", rows.encode(), files, LabelMatcher(LABELS))
    assert table is not None
    assert len(table.names) == 4_000
    assert time.process_time() - started < 10
