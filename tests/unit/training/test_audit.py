import re
from pathlib import Path

from rich.console import Console

from tests.unit.training.pictures import audited, fates, labelled, picture, write
from training.files import FATES, LEFT_OUT_FATES
from training.summary import audit_table


def test_the_fates_sum_to_the_files_found(tmp_path: Path) -> None:
    write(
        tmp_path, labelled(["cats", "dogs"], 3) | {"cats/bad.png": b"no image", "note.txt": b"x", "a.png": picture(9)}
    )
    audit = audited(tmp_path)
    assert sum(audit.fates.values()) == len(audit.files) == 9
    assert audit.sentence() == "9 files = 6 used + 1 unreadable + 1 not-an-image + 1 unlabelled"


def test_every_fate_is_shown_even_with_no_files(tmp_path: Path) -> None:
    write(tmp_path, labelled(["cats", "dogs"], 1))
    assert list(audited(tmp_path).fates) == list(FATES)


def test_an_unreadable_file_says_why(tmp_path: Path) -> None:
    write(tmp_path, labelled(["cats", "dogs"], 1) | {"cats/cut.png": picture(5)[:-200], "dogs/empty.jpg": b""})
    rejections = {file.path: file.rejection for file in audited(tmp_path).files if file.fate == "unreadable"}
    assert rejections == {"cats/cut.png": "truncated", "dogs/empty.jpg": "empty"}


def test_the_same_pixels_are_a_duplicate_whatever_the_format(tmp_path: Path) -> None:
    write(tmp_path, labelled(["cats", "dogs"], 1))
    write(tmp_path, {"dogs/b.bmp": picture(7, "BMP"), "dogs/a.png": picture(7)})
    found = fates(tmp_path)
    assert (found["dogs/a.png"], found["dogs/b.bmp"]) == ("used", "duplicate")


def test_the_same_pixels_under_two_labels_are_left_out_under_both(tmp_path: Path) -> None:
    write(tmp_path, labelled(["cats", "dogs"], 1) | {"cats/x.png": picture(7), "dogs/y.png": picture(7)})
    audit = audited(tmp_path)
    conflicts = {file.path: file.reason for file in audit.files if file.fate == "conflict"}
    assert conflicts.keys() == {"cats/x.png", "dogs/y.png"}
    assert "dogs/y.png" in conflicts["cats/x.png"]


def test_a_picture_in_train_and_test_stays_in_test(tmp_path: Path) -> None:
    files = labelled(["train/cats", "train/dogs", "test/cats", "test/dogs"], 2)
    write(tmp_path, files | {"train/cats/leak.png": picture(77), "test/cats/held-out.png": picture(77)})
    found = fates(tmp_path)
    assert (found["train/cats/leak.png"], found["test/cats/held-out.png"]) == ("leaked", "used")


def test_a_picture_in_train_and_validation_stays_in_validation(tmp_path: Path) -> None:
    files = labelled(["train/cats", "train/dogs", "val/cats", "val/dogs"], 2)
    write(tmp_path, files | {"train/cats/leak.png": picture(77), "val/cats/held-out.png": picture(77)})
    found = fates(tmp_path)
    assert (found["train/cats/leak.png"], found["val/cats/held-out.png"]) == ("leaked", "used")


def test_a_folder_of_used_and_system_files_is_not_odd(tmp_path: Path) -> None:
    write(tmp_path, labelled(["cats", "dogs"], 1) | {".DS_Store": b"x"})
    assert not audited(tmp_path).is_odd


def test_a_folder_with_an_unreadable_file_is_odd(tmp_path: Path) -> None:
    write(tmp_path, labelled(["cats", "dogs"], 1) | {"cats/bad.png": b"no image"})
    assert audited(tmp_path).is_odd


def test_duplicates_are_shown_but_not_called_left_out(tmp_path: Path) -> None:
    write(tmp_path, labelled(["cats", "dogs"], 1) | {"cats/again.bmp": picture(0, "BMP")})
    console = Console(width=120, record=True, stderr=True)
    console.print(audit_table(audited(tmp_path)))
    text = console.export_text()
    assert text.startswith("3 files = 3 used (1 of them a copy)\n")
    assert "To look at: 1" in text
    assert re.search(r"cats +│ 2 +│ 0", text)
    assert not {"used", "duplicate"} & LEFT_OUT_FATES
