"""The file of corrections, as pages, spreadsheets and people write it."""

import codecs

import pytest

from model_store.errors import CorrectionsRejected
from model_store.labelled_sets.corrections.reading import MAX_BYTES, MAX_ROWS, read_corrections

PLAIN = 'path,was,should_be,why\ncat/1.png,cat,dog,a dog\n"cat/a, b.png",cat,cat,\ndog/3.png,dog,,"cut, off"\n'
ROWS = [
    (2, "cat/1.png", "cat", "dog", "a dog"),
    (3, "cat/a, b.png", "cat", "cat", ""),
    (4, "dog/3.png", "dog", None, "cut, off"),
]


def read(data: bytes | str) -> list[tuple[object, ...]]:
    data = data.encode() if isinstance(data, str) else data
    return [tuple(row) for row in read_corrections("corrections.csv", data).rows]


def as_table(sign: str) -> str:
    cells = [("path", "was", "should_be", "why"), *(tuple(cell or "" for cell in row[1:]) for row in ROWS)]
    return "\n".join(sign.join(f'"{cell}"' for cell in row) for row in cells)


@pytest.mark.parametrize(
    "data",
    [
        PLAIN.encode(),
        PLAIN.replace("\n", "\r\n").encode(),
        PLAIN.rstrip().encode(),
        codecs.BOM_UTF8 + PLAIN.encode(),
        PLAIN.encode("utf-16"),
        codecs.BOM_UTF16_BE + PLAIN.encode("utf-16-be"),
        PLAIN.encode("utf-16-le"),
        as_table(";").encode(),
        as_table("\t").encode("utf-16"),
        ("sep=;\r\n" + as_table(";")).encode("cp1252"),
        PLAIN.replace("path,was,should_be,why", "Path,Was,Should be,WHY").encode(),
        PLAIN.replace(", b", ",  b").replace(",  b", ", b").replace("cat/1.png,cat", "cat/1.png , cat ").encode(),
    ],
)
def test_what_programs_write_is_read_alike(data: bytes) -> None:
    first = 1 if data.startswith(b"sep") else 0
    assert read(data) == [(row + first, *rest) for row, *rest in ROWS]


def test_columns_may_have_any_order_and_company_and_the_reason_may_be_missing() -> None:
    text = "reviewer,should_be,path,was\nann,dog,cat/1.png,cat\n,,cat/2.png,cat\n"
    assert read(text) == [(2, "cat/1.png", "cat", "dog", ""), (3, "cat/2.png", "cat", None, "")]


def test_blank_rows_count_as_a_spreadsheet_counts_them() -> None:
    assert read("path,was,should_be,why\n\n,,,\na.png,cat,dog,\n") == [(4, "a.png", "cat", "dog", "")]


def test_a_header_alone_has_no_rows() -> None:
    assert read("path,was,should_be,why\n") == []


def test_accents_are_composed_and_a_code_page_is_recognised_by_the_names() -> None:
    table = "path;was;should_be;why\nżółw/1.png;żółw;łoś;\n".encode("cp1250")
    (row,) = read_corrections("c.csv", table, ["żółw", "łoś", "żółw/1.png"]).rows
    assert (row.path, row.should_be) == ("żółw/1.png", "łoś")
    assert read("path,was,should_be\na.png,Ka\u0308fer,B\u00e4r\n")[0][2:4] == ("K\u00e4fer", "B\u00e4r")


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "lacks the columns path, was, should_be; it is empty"),
        (b"path,label\na.png,cat\n", "lacks the columns was, should_be; its columns are path, label"),
        (b"a.png,cat,dog,why\n", "lacks the columns path, was, should_be"),
        (b"path,was,should_be,why\n,cat,dog,\n", "row 2: there is no path"),
        (b"path,was,should_be,why\na.png,cat,dog,\nb.png,ca", "row 3: it ends before its column should_be"),
        (b"path,was,should_be,why\na.png\n", "row 2: it ends before its column was"),
        (b"should_be,path,was\ndog,a.png\n", "row 2: it ends before its column was"),
        (b'{"path": "a.png", "was": "cat"}\n', "it has JSON lines instead of cells"),
        (b'path,was,should_be\n"a.png,cat,dog\n', "row 2: it cannot be read"),
        (b"PK\x03\x04\x14\0\0\0\x08\0\0\0\0\0", "it is not text"),
        (b"path,was,should_be\na\0.png,cat,dog\n", "it is not text"),
        (b" " * (MAX_BYTES + 1), "more than 32 MiB"),
        (b"path,was,should_be\n" + b"a,b,c\n" * (MAX_ROWS + 1), "more than 100,000 rows"),
    ],
)
def test_what_cannot_be_right_is_refused_in_words(data: bytes, words: str) -> None:
    with pytest.raises(CorrectionsRejected) as refused:
        read_corrections("marks.csv", data)
    assert words in str(refused.value)
    assert str(refused.value).startswith("marks.csv")
    assert refused.value.hint


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_empty_cells_that_excel_left_out_at_the_end_of_a_row_are_empty(end: str) -> None:
    text = end.join(("path;was;should_be;why", "a.png;cat;dog;x", "b.png;cat", ""))
    assert read(text)[1] == (3, "b.png", "cat", None, "")
