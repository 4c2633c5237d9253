"""A `labels.csv`: where it may be, what it may look like, and every way to refuse it."""

import unicodedata

import pytest

from model_store.errors import SetRejected
from model_store.labelled_sets.label_tables import reading
from model_store.labelled_sets.labels_file import LabelsTable, find_candidates, read_labels_file
from model_store.labelled_sets.names import LabelMatcher

FILES = ("1.png", "b/2.png", "notes.txt")


def read(*tables: bytes, files: tuple[str, ...] = FILES, folder: str = "") -> LabelsTable | None:
    """Read tables, each at a place of its own."""
    given = {f"{folder}{name}": data for name, data in zip(("labels.csv", "LABELS.CSV"), tables, strict=False)}
    return read_labels_file(given, [*files, *given], given.__getitem__, LabelMatcher(("cats", "dogs")))


def refusal(*tables: bytes) -> str:
    with pytest.raises(SetRejected) as caught:
        read(*tables)
    assert caught.value.reason == "labels-file"
    return str(caught.value)


@pytest.mark.parametrize(
    ("images", "place"),
    [
        (["a/1.png", "b/2.png"], "labels.csv"),
        (["1.png"], "Labels.csv"),
        (["set/1.png", "set/a/2.png"], "set/LABELS.CSV"),
        (["set/1.png"], "labels.csv"),
        (["set/set/a/1.png", "set/set/b/1.png"], "set/set/labels.csv"),
    ],
)
def test_a_table_is_at_the_top_or_in_the_one_folder_around_every_image(images: list[str], place: str) -> None:
    assert find_candidates([place], images) == [place]


@pytest.mark.parametrize(
    ("images", "place"),
    [
        (["a/1.png", "b/2.png"], "a/labels.csv"),
        (["1.png", "set/2.png"], "set/labels.csv"),
        (["set/a/1.png", "set/b/1.png"], "set/a/labels.csv"),
        (["set/1.png"], "set/labels.csv.bak"),
        (["1.png"], "my-labels.ods"),
    ],
)
def test_a_table_anywhere_else_is_any_other_file(images: list[str], place: str) -> None:
    assert find_candidates([place], images) == []


@pytest.mark.parametrize(
    "table",
    [
        b"path,label\n1.png,cats\nb/2.png,dogs\n",
        b"path;label\r\n1.png;cats\r\nb\\2.png;dogs\r\n",
        b"path\tlabel\r1.png\tcats\rb/2.png\tdogs",
        b"\xef\xbb\xbfFile,CLASS\n1.png,cats\nb/2.png,dogs\n",
        b"label,width,filename\ncats,10,1.png\ndogs,,./b//2.png\n",
        b'"image", "label"\n"1.png", "cats"\n\n,\n b/2.png ,dogs,and more\n',
        b'\xef\xbb\xbf"a note\nof two lines",path,label\n,1.png,cats\n,b/2.png,dogs\n',
        b"path,file,label\n1.png,x,cats\nb/2.png,y,dogs\n1.png,z,cats\n",
    ],
)
def test_one_table_written_in_many_ways_gives_the_same_labels(table: bytes) -> None:
    found = read(table)
    assert found is not None
    assert found.names == {"1.png": "cats", "b/2.png": "dogs"}
    assert found.missing == []
    assert found.rows == (3 if b"1.png,z" in table else 2)


@pytest.mark.parametrize(
    "table", [b"", b"\n", b"path\n1.png\n", b"name,kind\n8.png,cats\n", b"\xff\xfe\0", b"path,label,\xe4"[5:], b'"path']
)
def test_without_the_two_columns_it_is_any_other_file(table: bytes) -> None:
    assert read(table) is None


def test_paths_are_relative_to_its_own_folder_and_composed() -> None:
    composed, decomposed = (unicodedata.normalize(form, "ä.png") for form in ("NFC", "NFD"))
    for written, stored in ((composed, decomposed), (decomposed, composed)):
        found = read(f"path,label\n{written},cats\n".encode(), files=(f"set/{stored}",), folder="set/")
        assert found is not None
        assert found.place_of(f"set/{stored}").label == "cats"
        assert found.missing == []


def test_what_it_names_and_is_no_file_of_the_set_is_kept_in_order() -> None:
    found = read(b"path,label\nz.png,cats\n1.png,cats\n../1.png,cats\nb,cats\nz.png,cats\nnotes.txt,cats\n")
    assert found is not None
    assert found.missing == ["z.png", "../1.png", "b"]
    assert found.rows == 6


def test_a_file_outside_its_folder_is_not_there() -> None:
    found = read(b"path,label\n1.png,cats\nnotes.txt,cats\n", files=("set/1.png", "notes.txt"), folder="set/")
    assert found is not None
    assert found.missing == ["notes.txt"]


def test_a_path_twice_is_fine_where_both_mean_the_same_label() -> None:
    found = read(b"path,label\n1.png,cats\n./1.png,CATS\n")
    assert found is not None
    assert found.names == {"1.png": "cats"}


@pytest.mark.parametrize(
    ("table", "detail"),
    [
        (b"path,label\n1.png,cats\n\n1.png,dogs\n", "labels.csv, row 4: 1.png has the label 'dogs', and 'cats'"),
        (b"path,label\n9.png,cats\n9.png,owls\n", "labels.csv, row 3: 9.png has the label 'owls'"),
        (b"path,label\n1.png, \n", "labels.csv, row 2: 1.png has no label"),
        (b"path,label\n1.png\n", "labels.csv, row 2: 1.png has no label"),
        (b"path,label\n,cats\n", "labels.csv, row 2: there is no path"),
        (b"path,label\n1.png,ca\0ts\n", "labels.csv, row 2: there is a NUL character"),
        ("path,label\n1.png,\n".encode("utf-16"), "labels.csv, row 2: 1.png has no label"),
        (b'path,label\n1.png,cats\n"b/2.png,cats\n', "labels.csv, row 3: it cannot be read"),
        (b'"path" ,label\n1.png,cats\n', "labels.csv, row 1: it cannot be read"),
        (b"path,label\n1.png," + b"x" * 200_000, "labels.csv, row 2: it cannot be read (field larger"),
    ],
)
def test_a_table_that_cannot_be_trusted_is_refused_with_row_and_path(table: bytes, detail: str) -> None:
    assert refusal(table).startswith(detail)


def test_two_tables_are_refused_unless_one_is_none() -> None:
    table = b"path,label\n1.png,cats\n"
    assert refusal(table, table).startswith("labels.csv and LABELS.CSV both give labels")
    assert read(table, b"name\n") is not None
    assert read(b"name\n", table) is not None


def test_rows_without_files_are_as_many_as_the_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "MAX_ROWS_WITHOUT_FILE", 10)
    most = len(FILES) + 1 + 10  # with the table itself
    rows = b"path,label\n" + b"".join(b"%d.jpg,cats\n" % number for number in range(most))
    found = read(rows)
    assert found is not None
    assert len(found.missing) == most
    assert "10 more rows than there are files" in refusal(rows + b"x.jpg,cats\n")


def decide(tables: dict[str, bytes], *images: str) -> LabelsTable | None:
    """Read the tables of a set as an evaluation does."""
    candidates = find_candidates(tables, images)
    return read_labels_file(candidates, [*images, *tables], tables.__getitem__, LabelMatcher(("cats", "dogs")))


HUB = b"file_name,species\n1.png,cats\n2.png,dogs\n"


@pytest.mark.parametrize("name", ["metadata.csv", "Train.TSV", "annotations.jsonl", "_classes.csv", "LABELS.csv"])
def test_a_table_of_any_name_gives_labels_if_no_folder_does(name: str) -> None:
    data = b'{"file_name": "1.png", "x": "cats"}\n{"file_name": "2.png", "x": "dogs"}\n' if "jsonl" in name else HUB
    found = decide({f"data/{name}": data}, "data/1.png", "data/2.png")
    assert found is not None
    assert (found.path, found.place_of("data/2.png").label) == (f"data/{name}", "dogs")
    assert decide({name: data}, "cats/1.png", "Dogs/2.png") is None


def test_a_table_of_something_else_gives_no_labels() -> None:
    assert decide({"weights.csv": b"name,quality\n1.png,good\n2.png,bad\n"}, "1.png", "2.png") is None
    assert decide({"metadata.csv": HUB}, "8.png", "9.png") is None


def test_the_labels_csv_decides_before_other_tables_and_two_of_these_are_refused() -> None:
    tables = {"labels.csv": b"path,label\n1.png,dogs\n", "a.csv": HUB}
    found = decide(tables, "1.png", "2.png")
    assert found is not None
    assert found.place_of("1.png").label == "dogs"
    with pytest.raises(SetRejected, match=r"a\.csv and b\.tsv both give labels"):
        decide({"a.csv": HUB, "b.tsv": HUB}, "1.png", "2.png")


def test_the_names_of_codes_are_read_from_a_file_beside_the_table() -> None:
    table = {"set/labels.csv": b"path,label\n1.png,0\n2.png,1\n", "set/classes.txt": b"cats\ndogs\n"}
    images = ("set/1.png", "set/2.png")
    found = read_labels_file(["set/labels.csv"], [*images, *table], table.__getitem__, LabelMatcher(("cats", "dogs")))
    assert found is not None
    assert [found.place_of(image).label for image in images] == ["cats", "dogs"]
    assert found.summary().understood[-1] == "set/labels.csv: its codes are named in set/classes.txt: 0 is cats."


def test_a_plain_table_with_a_column_of_splits_says_so() -> None:
    found = read(b"path,label,split\n1.png,cats,train\n2.png,dogs,test\n", files=("1.png", "2.png"))
    assert found is not None
    assert found.summary().understood[-1] == "labels.csv: column 'split' says which split a file is in: test, train."


def test_a_report_says_how_a_table_was_understood_unless_it_is_plain() -> None:
    plain, other = read(b"path,label\n1.png,cats\n"), read(b"id,breed\n1,cats\n2,dogs\n")
    assert plain is not None
    assert other is not None
    assert plain.summary().understood == []
    (sentence,) = other.summary().understood
    assert sentence.startswith("labels.csv: column 'id' names 2 of 2 files by the end of their path, without their ext")
    assert sentence.endswith("column 'breed' has 2 labels: cats, dogs.")
