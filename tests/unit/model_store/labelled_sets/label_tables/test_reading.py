"""Tables of labels as people, spreadsheets and annotation tools write them."""

import json

import pytest

from model_store.errors import LabelColumnUnclear, SetRejected
from model_store.labelled_sets.label_tables import reading, table_rows
from model_store.labelled_sets.label_tables.file_names import FileNames
from model_store.labelled_sets.label_tables.reading import LabelsTable, read_label_table
from model_store.labelled_sets.layout import Place
from model_store.labelled_sets.names import LabelMatcher

COUNT = 6
PETS = ("cats", "dogs")
NAMES = [f"{number}.jpg" for number in range(COUNT)]
PET_OF = [PETS[number % 2] for number in range(COUNT)]


def read(
    table: str | bytes,
    files: list[str] | None = None,
    labels: tuple[str, ...] = PETS,
    *,
    path: str = "labels.csv",
    codes: tuple[tuple[str, bytes], ...] = (),
) -> LabelsTable | None:
    data = table if isinstance(table, bytes) else table.encode()
    return read_label_table(path, data, files or NAMES, LabelMatcher(labels), code_files=codes)


def labelled(
    table: str | bytes, files: list[str] | None = None, labels: tuple[str, ...] = PETS, **more: object
) -> list[str | None]:
    """Return the label of each file."""
    found = read(table, files, labels, **more)  # type: ignore[arg-type]
    assert found is not None
    return [found.place_of(file).label for file in files or NAMES]


def lines(*rows: object, header: str = "", sign: str = ",") -> str:
    """Write a row for each number: text in which `#` is the number and `@` its label."""
    written = [
        sign.join(str(cell) for cell in rows).replace("#", str(number)).replace("@", PET_OF[number])
        for number in range(COUNT)
    ]
    return "\n".join([header, *written] if header else written) + "\n"


def json_lines(value: dict[str, object]) -> str:
    return lines(json.dumps(value))


@pytest.mark.parametrize(
    ("table", "files"),
    [
        (lines("#", "@", header="id,breed"), NAMES),
        (lines("#", "@", header="id,breed"), [f"train/{name}" for name in NAMES]),
        (lines("#.jpg", "@", header="filename,label"), [f"images/{name}" for name in NAMES]),
        (lines("old/disk/photos/#.jpg", "@", header="Image Path,Species"), [f"photos/{name}" for name in NAMES]),
        (lines("gs://bucket/set/#.jpg", "@"), NAMES),
        (lines("C:\\Users\\me\\#.jpg", "@", header="FILE;Category", sign=";"), NAMES),
        (lines("/data/upload/7/ab12cd34-#.jpg", "@", "2024-01-01", header="image,choice,created_at"), NAMES),
        (lines("1699999999_#.jpg", "@", header="picture,tag"), NAMES),
        (lines("#.JPG", "@", header="name,what"), NAMES),
        (lines("#.jpg", "@", "640", "480", header="img,kind,width,height"), NAMES),
        (lines("scan_#", "@", header="study,diagnosis"), [f"a/b/scan_{name}" for name in NAMES]),
        (lines("0.#5", "@", "#.jpg", header="score,what,name"), NAMES),
    ],
)
def test_files_are_found_whatever_the_columns_are_called(table: str, files: list[str]) -> None:
    assert labelled(table, files) == PET_OF


@pytest.mark.parametrize(
    "data",
    [
        lines("#.jpg", "@", header="a,b").encode("utf-8-sig"),
        lines("#.jpg", "@", header="a,b", sign="\t").replace("a,b", "a\tb").encode("utf-16"),
        lines("#.jpg", "@", header="a;b", sign=";").encode("utf-16-be"),
        lines("#.jpg", "@", header="a|b", sign="|").encode(),
        ('"sep=;"\r\n' + lines("#.jpg", "@", header="a;b", sign=";").replace("\n", "\r\n")).encode(),
        lines('"#.jpg"', '"@"', header='"a","b"').encode(),
        lines("#.jpg", "@", "", "", header="a,b,,").encode(),
        lines("#.jpg", "@").encode(),
        lines("@", "#.jpg").encode(),
        json_lines({"file_name": "#.jpg", "label": "@", "box": [1, 2]}).encode(),
        json_lines({"image": "s3://x/#.jpg", "labels": ["@"]}).replace("\n", "\r\n").encode("utf-8-sig"),
    ],
    ids=[
        "bom", "utf-16", "utf-16-be", "bars", "sep", "quoted", "empty columns", "no header", "label first", "jsonl",
        "lists",
    ],
)  # fmt: skip
def test_every_form_is_read(data: bytes) -> None:
    assert labelled(data) == PET_OF


@pytest.mark.parametrize(
    ("page", "files", "labels"),
    [
        ("cp1252", ["größe.jpg", "café.jpg"], ("naïve", "straße")),
        ("cp1250", ["kočka.jpg", "pes.jpg"], ("kočka", "łoś")),
        ("cp1251", ["кот.jpg", "пёс.jpg"], ("кот", "пёс")),
        ("cp932", ["猫.jpg", "表.jpg"], ("猫", "犬")),
        ("gb18030", ["狗.jpg", "猫.jpg"], ("猫咪", "小狗")),
        ("cp1252", ["1.jpg", "2.jpg"], ("Äpfel", "Birnen")),
    ],
)
def test_code_pages_are_told_apart_by_the_names(page: str, files: list[str], labels: tuple[str, str]) -> None:
    table = "path,label\n" + "".join(f"{file},{label}\n" for file, label in zip(files, labels, strict=True))
    assert labelled(table.encode(page), files, labels) == list(labels)


def one_hot(*cells: str, header: str = "filename, cats, dogs") -> str:
    yes, no = cells
    rows = [
        f"{name}, {yes if pet == 'cats' else no}, {yes if pet == 'dogs' else no}"
        for name, pet in zip(NAMES, PET_OF, strict=True)
    ]
    return "\n".join([header, *rows]) + "\n"


@pytest.mark.parametrize("cells", [("1", "0"), ("1.0", "0.0"), ("True", "False"), ("x", "")])
@pytest.mark.parametrize("labels", [PETS, ()])
def test_a_column_for_each_label(cells: tuple[str, str], labels: tuple[str, ...]) -> None:
    assert labelled(one_hot(*cells), labels=labels) == PET_OF


def test_properties_are_not_labels() -> None:
    table = "".join(f"{number}.jpg,{PET_OF[number]},{number % 2},{number // 3}\n" for number in range(COUNT))
    assert labelled("name,animal,blurred,outdoors\n" + table) == PET_OF


@pytest.mark.parametrize(
    ("row", "words"), [("0.jpg, 1, 1", "has more than one label"), ("0.jpg, 0, 0", "has no label")]
)
def test_a_row_of_a_column_for_each_label_has_one(row: str, words: str) -> None:
    with pytest.raises(SetRejected, match=f"labels.csv, row 2: 0.jpg {words}"):
        read(f"filename, cats, dogs\n{row}\n1.jpg, 0, 1\n2.jpg, 1, 0\n")


CODED = "path,label\n" + "".join(f"{number}.jpg,{number % 2}\n" for number in range(COUNT))


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("classes.txt", "cats\ndogs\n"),
        ("classes.txt", "0 cats\n1 dogs\n"),
        ("label_names.csv", "id,name\n1,dogs\n0,cats\n"),
        ("names.csv", "cats,0\ndogs,1\n"),
        ("class_names.json", '{"0": "cats", "1": "dogs"}'),
        ("labels.json", '{"cats": 0, "dogs": 1}'),
        ("categories.json", '["cats", "dogs"]'),
    ],
)
def test_codes_have_their_names_in_a_second_file(name: str, content: str) -> None:
    assert labelled(CODED, codes=((name, content.encode()),)) == PET_OF


def test_codes_may_count_from_1() -> None:
    table = CODED.replace(",1\n", ",2\n").replace(",0\n", ",1\n")
    assert labelled(table, codes=(("classes.txt", b"cats\ndogs\n"),)) == PET_OF
    with pytest.raises(SetRejected, match="may be counted from 0 or from 1"):
        read(table, codes=(("classes.txt", b"cats\ndogs\nowls\n"),))


def test_codes_are_kept_where_they_are_labels_or_nobody_names_them() -> None:
    codes = [str(number % 2) for number in range(COUNT)]
    assert labelled(CODED, labels=("0", "1"), codes=(("classes.txt", b"cats\ndogs\n"),)) == codes
    assert labelled(CODED, codes=(("classes.txt", b"red\nblue\n"),)) == codes
    assert labelled(CODED) == codes


@pytest.mark.parametrize(
    "words", [("TRAIN", "VALIDATION", "TEST"), ("train", "val", "test"), ("training", "dev", "testing")]
)
@pytest.mark.parametrize("header", ["split,path,label", ""])
def test_a_column_of_splits(words: tuple[str, str, str], header: str) -> None:
    rows = [f"{words[number % 3]},x/{number}.jpg,{PET_OF[number]}" for number in range(COUNT)]
    found = read("\n".join([header, *rows] if header else rows))
    assert found is not None
    assert [found.place_of(name) for name in NAMES[:3]] == [
        Place(PET_OF[0], "train"),
        Place(PET_OF[1], "validation"),
        Place(PET_OF[2], "test"),
    ]


@pytest.mark.parametrize("header", ["name,vehicle\n", ""])
@pytest.mark.parametrize("labels", [("train", "test"), ()])
def test_a_label_that_is_called_like_a_split_is_a_label(header: str, labels: tuple[str, ...]) -> None:
    table = header + "".join(f"{number}.jpg,{('train', 'test')[number % 2]}\n" for number in range(COUNT))
    assert labelled(table, labels=labels) == ["train", "test"] * 3


def test_a_label_that_is_called_like_a_split_may_be_beside_another_column() -> None:
    table = "".join(f"{number}.jpg,{('train', 'test')[number % 2]},{number // 3}\n" for number in range(COUNT))
    assert labelled(table, labels=("train", "test")) == ["train", "test"] * 3


def test_two_columns_that_could_be_the_label_are_a_question() -> None:
    table = lines("#.jpg", "@", header="name,a,b").replace("cats\n", "cats,x\n").replace("dogs\n", "dogs,y\n")
    table = table.replace("0.jpg,cats,x", "0.jpg,cats,y")
    with pytest.raises(LabelColumnUnclear) as caught:
        read(table, labels=())
    assert str(caught.value) == "labels.csv: which column is the label, 'a' or 'b'? Its columns are name, a, b."
    assert caught.value.reason == "labels-file"
    assert "first row" in (caught.value.hint or "")
    assert labelled(table) == PET_OF  # the labels of a model decide


def test_a_name_beside_its_code_is_the_label() -> None:
    table = lines("#.jpg", "@", header="name,kind,kind_id").replace("cats\n", "cats,0\n").replace("dogs\n", "dogs,1\n")
    assert labelled(table, labels=()) == PET_OF


def test_a_column_that_is_called_label_is_the_label_unless_another_has_the_models() -> None:
    table = "path,label,animal\n" + "".join(f"{n}.jpg,{n % 2},{PET_OF[n]}\n" for n in range(COUNT))
    assert labelled(table, labels=()) == [str(number % 2) for number in range(COUNT)]
    assert labelled(table) == PET_OF


def test_numbers_of_rows_do_not_hide_the_names_of_the_files() -> None:
    table = "id,image,label_name\n" + "".join(f"{COUNT - 1 - n},{n}.jpg,{PET_OF[n]}\n" for n in range(COUNT))
    assert labelled(table) == PET_OF


def test_rows_without_a_file_and_files_without_a_row_are_known() -> None:
    found = read("id,breed\n0,cats\n1,dogs\n2,cats\n3,dogs\n77,cats\n")
    assert found is not None
    assert (found.rows, found.missing, found.unnamed) == (5, ["77"], ["4.jpg", "5.jpg"])


def test_a_path_that_does_not_exist_is_not_another_file_of_that_name() -> None:
    files = ["a/0.jpg", "a/1.jpg", "a/2.jpg", "b/9.jpg"]
    found = read("path,label\na/0.jpg,cats\na/1.jpg,dogs\na/9.jpg,cats\n", files)
    assert found is not None
    assert found.missing == ["a/9.jpg"]
    assert found.place_of("b/9.jpg").label is None


@pytest.mark.parametrize(
    ("cells", "files", "named"),
    [
        (["1", "2"], ["1.png", "b/2.png"], ["1.png", "b/2.png"]),
        (["x/a/1.png", "x/b/2.png"], ["a/1.png", "b/2.png"], ["a/1.png", "b/2.png"]),
        (["a/1.png", "b/1.png"], ["set/a/1.png", "set/b/1.png"], ["set/a/1.png", "set/b/1.png"]),
        (["/kaggle/train/1.png", "/kaggle/train/2.png"], ["set/1.png", "set/2.png"], ["set/1.png", "set/2.png"]),
        (["a/1.png", "c/2.png"], ["a/1.png", "b/2.png"], ["a/1.png", None]),
        (["1.jpg", "2.jpg"], ["1.png", "2.png"], [None, None]),
        (["", "1.PNG"], ["1.png"], [None, "1.png"]),
    ],
)
def test_cells_name_files(cells: list[str], files: list[str], named: list[str | None]) -> None:
    assert FileNames(files).find(cells).files == named


def test_a_name_that_two_files_share_names_neither() -> None:
    files = ["a/0.jpg", "b/0.jpg", "a/1.jpg", "b/2.jpg"]
    found = read("file,label\n0.jpg,cats\n1.jpg,dogs\n2.jpg,cats\n", files)
    assert found is not None
    assert found.missing == ["0.jpg"]
    assert found.unnamed == ["a/0.jpg", "b/0.jpg"]


def test_a_table_of_more_files_than_the_set_has_is_its_table() -> None:
    rows = "".join(f"{number}.jpg,{PETS[number % 2]}\n" for number in range(5000))
    assert labelled("img,what\n" + rows) == PET_OF


@pytest.mark.parametrize(
    "table",
    [
        b"",
        b"\n\n",
        b"hello world",
        b"name,score\n",
        lines("#.jpg"),
        lines("x#", "@", header="id,breed"),
        b"\x89PNG\r\n\x1a\n\0\0\0",
        b'{"a": 1}\n{"a": ',
        "name,weight\n" + "".join(f"{number}.jpg,{number}.5\n" for number in range(COUNT)),
    ],
)
def test_what_names_no_files_or_no_labels_is_any_other_file(table: str | bytes) -> None:
    assert read(table, labels=()) is None


def test_the_words_say_what_was_understood() -> None:
    found = read(lines("#", "@", header="id\tbreed", sign="\t").encode("utf-16"))
    assert found is not None
    assert found.understood == [
        "labels.csv: column 'id' names 6 of 6 files without their extension; column 'breed' has 2 labels: cats, dogs.",
        "labels.csv is read as utf-16-le with tabs.",
    ]
    found = read(lines("TEST", "x/#.jpg", "@"))
    assert found is not None
    assert found.understood[0].startswith("labels.csv: column 'column 2' names 6 of 6 files by the end of their path")
    assert found.understood[1:] == [
        "labels.csv has no header: its first row is about a file, too.",
        "labels.csv: column 'column 1' says which split a file is in: TEST.",
    ]
    found = read(CODED, codes=(("classes.txt", b"cats\ndogs\n"),))
    assert found is not None
    assert found.understood[-1] == "labels.csv: its codes are named in classes.txt: 0 is cats."


def test_a_table_may_lie_in_a_folder() -> None:
    found = read(
        lines("#.jpg", "@", header="file_name,label"), [f"data/{name}" for name in NAMES], path="data/metadata.csv"
    )
    assert found is not None
    assert (found.wrapper, found.place_of("data/1.jpg").label) == ("data", "dogs")


def test_many_columns_of_many_rows_are_not_a_table(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(table_rows, "MAX_CELLS", 50)
    assert labelled(lines("#.jpg", "@", header="a,b")) == PET_OF
    assert read(lines("#.jpg", "@", header="a,b") + "," * 20 + "x") is None
    wide = "".join(json.dumps({"name": name, **{f"{name}{n}": 1 for n in range(9)}}) + "\n" for name in NAMES)
    assert read(wide) is None
    with pytest.raises(SetRejected, match=r"labels\.csv has"):
        read(lines("#.jpg", "@", header="path,label") + "," * 20 + "x")


def test_more_rows_than_a_table_may_have_are_counted_no_further(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "MAX_ROWS_WITHOUT_FILE", 4)
    rows = "".join(f"{number},cats\n" for number in range(11))
    assert read("a,b\n" + rows) is None
    with pytest.raises(SetRejected, match="4 more rows than there are files, counted up to row 12"):
        read("path,label\n" + rows)
