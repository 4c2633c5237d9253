import csv
import io
import json
import shutil
import tarfile
from pathlib import Path

import pytest
from click.testing import CliRunner

from tests.support.pictures import labelled, picture, write
from training.commands.audit import audit
from training.errors import DatasetInvalid, GroupingInvalid


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write(tmp_path, labelled(["cats", "dogs"], 3) | {"cats/bad.png": b"no image", "notes.txt": b"x"})


def test_the_audit_says_where_every_file_went(folder: Path) -> None:
    done = CliRunner().invoke(audit, [str(folder)])
    assert done.exit_code == 0
    assert "8 files = 6 used + 1 unreadable + 1 not-an-image" in done.stdout
    assert "cats/bad.png" in done.stdout


def test_no_name_controls_the_terminal(tmp_path: Path) -> None:
    odd = "\x1b]0;title\x07\x1b[31m\u202egnp"
    files = labelled(["cats", "dogs"], 3) | {f"cats/bad{odd}.png": b"no image", f"{odd}/1.png": picture(9)}
    done = CliRunner().invoke(audit, [str(write(tmp_path, files))], terminal_width=400)
    assert done.exit_code == 0
    assert "\\x1b]0;title" in done.stdout
    assert [char for char in done.stdout if not char.isprintable() and char != "\n"] == []


def test_the_audit_as_csv_has_a_line_per_file(folder: Path) -> None:
    done = CliRunner().invoke(audit, [str(folder), "--format", "csv"])
    rows = list(csv.DictReader(io.StringIO(done.stdout)))
    assert len(rows) == 8
    assert {row["fate"] for row in rows if row["path"] == "notes.txt"} == {"not-an-image"}


def test_the_audit_as_json_has_the_sums_and_every_file(folder: Path) -> None:
    found = json.loads(CliRunner().invoke(audit, [str(folder), "--format", "json"]).stdout)
    assert found["accounting"]["files"] == sum(found["accounting"]["fates"].values()) == len(found["files"]) == 8
    assert found["accounting"]["labels"]["cats"] == {"used": 3, "other": 1}


@pytest.mark.parametrize("odd", [{"cats/bad.png": b"bad"}, {"cats/again.bmp": picture(0, "BMP")}])
def test_a_strict_audit_fails_on_anything_odd(tmp_path: Path, odd: dict[str, bytes]) -> None:
    write(tmp_path, labelled(["cats", "dogs"], 3) | odd)
    assert CliRunner().invoke(audit, [str(tmp_path), "--strict"]).exit_code == 1
    assert CliRunner().invoke(audit, [str(tmp_path)]).exit_code == 0


def test_a_strict_audit_of_good_files_passes(tmp_path: Path) -> None:
    write(tmp_path, labelled(["cats", "dogs"], 3))
    assert CliRunner().invoke(audit, [str(tmp_path), "--strict"]).exit_code == 0


def test_the_audit_says_what_is_odd_about_the_folders(folder: Path) -> None:
    (folder / "birds").mkdir()
    assert "There is no labelled image in: birds/." in CliRunner().invoke(audit, [str(folder)]).stdout


def test_the_audit_says_what_groups_a_pattern_makes(folder: Path) -> None:
    notes = json.loads(CliRunner().invoke(audit, [str(folder), "--format", "json", "--group-by", r"\d"]).stdout)[
        "notes"
    ]
    said = "--group-by makes 3 groups of 6 images, the largest '0' with 2; 0 images have no match and are in no group."
    assert notes == [said]


def test_a_pattern_that_makes_no_groups_is_an_error(folder: Path) -> None:
    done = CliRunner().invoke(audit, [str(folder), "--group-by", "("])
    assert isinstance(done.exception, GroupingInvalid)


def first_and_last(*arguments: str) -> tuple[str, str]:
    done = CliRunner(env={"COLUMNS": "250"}).invoke(audit, list(arguments))
    assert done.exit_code == 0, done.output
    lines = done.stdout.splitlines()
    return lines[0], lines[-1]


@pytest.mark.parametrize(
    ("parts", "said"),
    [
        (["seg_train", "seg_test"], "splits seg_test/ (test, 6 files), seg_train/ (train, 6 files)"),
        (["fold1", "fold2"], "parts fold1/ (6 files), fold2/ (6 files)"),
        (["set/set"], "label folders below set/set/"),
    ],
)
def test_the_audit_says_first_what_it_recognised_and_last_what_to_type(
    tmp_path: Path, parts: list[str], said: str
) -> None:
    data = write(tmp_path / "My Cats", labelled([f"{part}/{label}" for part in parts for label in ("cat", "dog")], 3))
    first, last = first_and_last(str(data))
    assert first == f"Recognised {said}: 2 labels (cat, dog)."
    assert last == f"Next: fullcount train '{data}' --store models --model my-cats"


def test_the_command_to_type_next_has_the_options_of_the_audit(tmp_path: Path) -> None:
    data = write(tmp_path / "x", labelled([f"{a}/{b}" for a in ("north", "south") for b in ("cat", "dog")], 4))
    _, last = first_and_last(str(data), "--layout", "splits", "--group-by", r"(\d)\.")
    assert last.endswith(r"--model x --group-by '(\d)\.' --layout splits")


def test_a_set_that_training_refuses_is_to_be_corrected_first(tmp_path: Path) -> None:
    data = write(tmp_path / "x", labelled(["cat"], 4))
    assert first_and_last(str(data))[1] == f"Next: correct what the last remark says, then fullcount audit {data}"


def packed(root: Path, name: str) -> Path:
    """Pack a folder as a zip or a tar."""
    form = {"zip": "zip", "tar": "tar", "tgz": "gztar", "bz2": "bztar"}[name.rpartition(".")[2]]
    made = Path(shutil.make_archive(str(root.parent / "packed"), form, root))
    return made.rename(root.parent / name)


@pytest.mark.parametrize("name", ["set.zip", "set.tar", "set.tgz", "set.tar.bz2"])
def test_an_archive_is_audited_as_its_folder_is(tmp_path: Path, name: str) -> None:
    root = write(
        tmp_path / "set", labelled(["train/a", "train/b", "test/a", "test/b"], 3) | {"train/a/bad.png": b"bad"}
    )
    archive = packed(root, name)
    told = [CliRunner().invoke(audit, [str(path), "--format", "json"]) for path in (root, archive)]
    assert told[0].stdout == told[1].stdout
    assert json.loads(told[0].stdout)["recognised"] == {
        "layout": "splits",
        "wrapper": None,
        "parts": [
            {"folder": "test", "split": "test", "files": 6},
            {"folder": "train", "split": "train", "files": 7},
        ],
        "labels": ["a", "b"],
        "unlabelled": 0,
        "labels_file": None,
    }
    _, last = first_and_last(str(archive))
    assert last == f"Next: fullcount train {archive} --store models --model set"


def test_what_is_refused_about_an_archive_is_said_with_its_name(tmp_path: Path) -> None:
    root = write(tmp_path / "set", labelled([f"{a}/{b}" for a in ("north", "south") for b in ("cat", "dog")], 3))
    archive = packed(root, "set.zip")
    assert str(CliRunner().invoke(audit, [str(archive)]).exception).startswith(f"{archive}: north/ and south/ hold")


@pytest.mark.parametrize("data", [b"no archive", b"PK\x03\x04 cut off", b""])
def test_a_file_that_is_no_archive_is_refused(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "set.zip").write_bytes(data)
    done = CliRunner().invoke(audit, [str(tmp_path / "set.zip")])
    assert isinstance(done.exception, DatasetInvalid)
    assert "neither a folder nor a zip or tar" in str(done.exception)


@pytest.mark.parametrize(
    ("name", "kind", "said"),
    [
        ("../out.png", tarfile.REGTYPE, "cannot be unpacked"),
        ("cat/link.png", tarfile.SYMTYPE, "is a link or a special file"),
        ("cat/pipe.png", tarfile.FIFOTYPE, "is a link or a special file"),
    ],
)
def test_nothing_is_unpacked_outside_the_folder(tmp_path: Path, name: str, kind: bytes, said: str) -> None:
    entry = tarfile.TarInfo(name)
    entry.type, entry.linkname = kind, "/etc/hosts"
    with tarfile.open(tmp_path / "set.tar", "w") as archive:
        archive.addfile(entry)
    done = CliRunner().invoke(audit, [str(tmp_path / "set.tar")])
    assert isinstance(done.exception, DatasetInvalid)
    assert said in str(done.exception)
    assert [path.name for path in tmp_path.iterdir()] == ["set.tar"]


def test_two_readings_are_asked_about_and_the_option_answers(tmp_path: Path) -> None:
    write(tmp_path, labelled([f"{outer}/{inner}" for outer in ("north", "south") for inner in ("cat", "dog")], 3))
    done = CliRunner().invoke(audit, [str(tmp_path)])
    assert isinstance(done.exception, DatasetInvalid)
    assert str(done.exception).endswith("north/ and south/ hold the same folders cat, dog: two parts or two labels?")
    assert "--layout splits or --layout labels" in (done.exception.hint or "")
    for layout, labels in (("splits", {"cat", "dog"}), ("labels", {"north", "south"})):
        told = CliRunner().invoke(audit, [str(tmp_path), "--format", "json", "--layout", layout])
        assert json.loads(told.stdout)["accounting"]["labels"].keys() == labels


@pytest.mark.parametrize(
    ("files", "said"),
    [
        ({"cats/": b"", "dogs/": b""}, "There is no labelled image in: cats/, dogs/."),
        ({"cats/": b""}, "It cannot be trained from: there is no image"),
        ({"readme.txt": b"x"}, "It cannot be trained from: there is no image"),
        ({"cats/a.png": picture(1)}, "It cannot be trained from: all images have the one label 'cats'"),
    ],
)
@pytest.mark.parametrize("pattern", [[], ["--group-by", "x|c"]])
def test_what_cannot_be_trained_from_is_said_and_strict_fails(
    tmp_path: Path, files: dict[str, bytes], said: str, pattern: list[str]
) -> None:
    folder = tmp_path / "set"
    for path, content in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).mkdir() if path.endswith("/") else (folder / path).write_bytes(content)
    if pattern and any(path.endswith(".png") for path in files):
        pattern = []  # of one image no pattern can tell groups apart
    done = CliRunner().invoke(audit, [str(folder), "--strict", "--format", "json", *pattern])
    assert said in " ".join(json.loads(done.stdout)["notes"])
    assert done.exit_code == 1


def test_an_audit_with_corrections_tells_each_row_and_what_to_type_next(folder: Path, tmp_path: Path) -> None:
    corrections = tmp_path / "marks.csv"
    corrections.write_text("path,was,should_be\ncats/0.png,cats,dogs\ncats/1.png,cats,\n")
    arguments = [str(folder), "--corrections", str(corrections)]
    done = CliRunner(env={"COLUMNS": "200"}).invoke(audit, arguments)
    assert "2 rows of corrections = 1 applied + 1 left-out." in done.stdout
    assert f"--corrections {corrections}" in done.stdout.splitlines()[-1]
    found = json.loads(CliRunner().invoke(audit, [*arguments, "--format", "json"]).stdout)
    assert found["accounting"]["labels"]["dogs"]["used"] == 4
    assert [row["state"] for row in found["corrections"]] == ["applied", "left-out"]


def test_a_table_that_is_named_decides_and_is_named_again(tmp_path: Path) -> None:
    kinds = "\n".join(["file,mood", *(f"{label}/{n}.png,{('sad', 'glad')[n % 2]}" for label in "ab" for n in range(6))])
    data = write(tmp_path / "set", labelled(["a", "b"], 6) | {"moods.csv": kinds.encode()})
    first, last = first_and_last(str(data), "--labels-from", "moods.csv")
    assert first == "Recognised a table of labels: 2 labels (glad, sad)."
    assert last.endswith("--model set --labels-from moods.csv")


@pytest.mark.parametrize(
    ("options", "said"),
    [(["--layout", "labels"], "give one of them"), ([], "is itself the table that gives the labels")],
)
def test_a_table_beside_another_answer_is_refused(tmp_path: Path, options: list[str], said: str) -> None:
    write(tmp_path, labelled(["a", "b"], 1) | {"t.csv": b"path,label\n"})
    data = tmp_path if options else tmp_path / "t.csv"
    done = CliRunner().invoke(audit, [str(data), "--labels-from", "t.csv", *options])
    assert done.exit_code == 2
    assert said in " ".join(done.stderr.split())


def test_images_under_no_label_are_named(tmp_path: Path) -> None:
    write(tmp_path, labelled(["train/a", "train/b", "test/a", "test/b"], 3) | {"train/x.png": picture(77)})
    done = CliRunner(env={"COLUMNS": "250"}).invoke(audit, [str(tmp_path)])
    assert "1 image file is under no label and not used: train/ (1)." in done.stdout
