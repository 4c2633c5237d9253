import json
import re
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from rich.console import Console

from model_store.presentation.tables import SHOWN
from tests.support.images import damaged_jpeg
from tests.support.pictures import audited, crop, encoded, fates, labelled, picture, smaller, write
from training.data.audit_tables import LOOK_FIRST, audit_json, audit_table
from training.data.files import FATES, LEFT_OUT_FATES, ODD_FATES, USED_FATES, Fate


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
    assert "\n3 files = 3 used (1 of them a copy)\n" in text
    assert "To look at: 1" in text
    assert re.search(r"cats +│ 2 +│ 0", text)
    assert not {"used", "duplicate"} & LEFT_OUT_FATES


def test_many_images_without_labels_do_not_hide_the_broken_one(tmp_path: Path) -> None:
    strays = {f"a{number:02}.png": picture(100 + number) for number in range(SHOWN + 5)}
    write(tmp_path, labelled(["cats", "dogs"], 1) | strays | {"dogs/bad.png": b"no image"})
    console = Console(width=120, record=True, stderr=True)
    console.print(audit_table(audited(tmp_path)))
    listed = console.export_text().partition("To look at")[2]
    assert listed.index("dogs/bad.png") < listed.index("a00.png")
    assert "and 6 more; --format csv lists all" in listed


def test_every_odd_fate_has_its_place_in_the_list() -> None:
    assert sorted(LOOK_FIRST) == sorted(ODD_FATES)


def odd(number: int) -> Image.Image:
    """Cut a larger piece out of a photograph than the clean ones are."""
    return crop(number, 260)


PHOTOGRAPH = encoded(odd(64))
RE_ENCODED = encoded(odd(64), "JPEG", quality=80)
CELLS = 40
"""Of the 200 clean files below, so many are photographs of solar cells, which all look alike."""


def oddities() -> dict[str, tuple[Fate, bytes]]:
    """One file of each odd kind, beside clean ones: path to fate and contents."""
    photograph, blank = encoded(odd(67)), encoded(Image.new("RGB", (300, 300), (9, 9, 9)))
    return {
        "cats/broken.png": ("unreadable", photograph[:-300]),
        "cats/notes.md": ("not-an-image", b"# notes"),
        "cats/.DS_Store": ("system-file", b"x"),
        "cats/000_mask.png": ("mask", encoded(odd(71))),
        "stray.png": ("unlabelled", encoded(odd(70))),
        "cats/x-2.bmp": ("duplicate", encoded(odd(64), "BMP")),
        "cats/x-1.png": ("used", PHOTOGRAPH),
        "cats/y-near.jpg": ("near-duplicate", encoded(smaller(odd(64), 0.5), "JPEG", quality=80)),
        "cats/both.png": ("conflict", photograph),
        "dogs/both.bmp": ("conflict", encoded(odd(67), "BMP")),
        "cats/nearly.png": ("near-conflict", encoded(odd(65))),
        "dogs/nearly.jpg": ("near-conflict", encoded(odd(65), "JPEG", quality=80)),
        "dogs/hole.jpg": ("damaged", damaged_jpeg()),
        "dogs/blank.png": ("blank", blank),
        "dogs/really-a.jpg": ("wrong-extension", encoded(odd(62))),
        "dogs/thumbnail.png": ("small", encoded(odd(63).resize((30, 20)))),
    }


def clean() -> dict[str, bytes]:
    """Two hundred different photographs: pieces of two landscapes, and solar cells if they are installed."""
    files = {f"{'cats' if n < 100 else 'dogs'}/{n:03}.png": encoded(crop(n)) for n in range(200)}
    try:
        import elpv_dataset
    except ModuleNotFoundError:
        return files
    cells = sorted((Path(elpv_dataset.__file__).parent / "data/images").glob("*.png"))[:CELLS]
    return dict(list(files.items())[: 200 - len(cells)]) | {f"dogs/{cell.name}": cell.read_bytes() for cell in cells}


def test_one_of_each_oddity_is_found_and_none_of_two_hundred_clean_files_is_accused(tmp_path: Path) -> None:
    good, strange = clean(), oddities()
    found = fates(write(tmp_path, good | {path: data for path, (_, data) in strange.items()}))
    assert {path: found[path] for path in strange} == {path: fate for path, (fate, _) in strange.items()}
    assert {found[path] for path in good} == {"used"}
    assert len(good) == 200
    assert {fate for fate, _ in strange.values()} == set(FATES) - {
        "leaked",
        "labels-file",
        "not-usable",
    }  # they take given splits, a table and corrections


def test_a_damaged_image_is_counted_whatever_else_it_is(tmp_path: Path) -> None:
    files = labelled(["cats", "dogs"], 2) | {"dogs/hole.jpg": damaged_jpeg(), "dogs/hole-2.jpg": damaged_jpeg()}
    audit = audited(write(tmp_path, files))
    assert audit.sentence() == "6 files = 6 used (2 of them damaged)"
    first, second = (file for file in json.loads(audit_json(audit))["files"] if file["fate"] == "damaged")
    assert first["reason"] == "a part is what the decoder made of it"
    assert second["reason"] == "a part is what the decoder made of it; the same picture as dogs/hole-2.jpg"
    assert audit.is_odd


def test_every_odd_fate_but_those_that_are_used_is_left_out() -> None:
    assert {"unreadable", "not-an-image", "unlabelled", "mask", "conflict", "leaked"} == LEFT_OUT_FATES
    assert ODD_FATES | {"used", "system-file", "labels-file", "not-usable"} == set(FATES)
    assert set(FATES) - LEFT_OUT_FATES - {"system-file", "labels-file", "not-usable"} == USED_FATES


def test_nearly_the_same_picture_in_train_and_test_stays_in_test_and_the_reason_says_nearly(tmp_path: Path) -> None:
    files = labelled(["train/cats", "train/dogs", "test/cats", "test/dogs"], 2)
    write(tmp_path, files | {"train/cats/near.jpg": RE_ENCODED, "test/cats/held-out.png": PHOTOGRAPH})
    found = {file.path: (file.fate, file.reason) for file in audited(tmp_path).files}
    assert found["train/cats/near.jpg"] == (
        "leaked",
        "nearly the same picture as test/cats/held-out.png, which is held out",
    )
    assert found["test/cats/held-out.png"] == ("used", "")


def test_nearly_a_held_out_picture_is_left_out_of_train_under_another_label_as_well(tmp_path: Path) -> None:
    files = labelled(["train/cats", "train/dogs", "test/cats", "test/dogs"], 2)
    write(tmp_path, files | {"train/dogs/near.jpg": RE_ENCODED, "test/cats/held-out.png": PHOTOGRAPH})
    assert fates(tmp_path)["train/dogs/near.jpg"] == "leaked"


def test_a_near_duplicate_names_the_other_file(tmp_path: Path) -> None:
    write(tmp_path, labelled(["cats", "dogs"], 1) | {"cats/a.png": PHOTOGRAPH, "cats/b.jpg": RE_ENCODED})
    (near,) = (file for file in audited(tmp_path).files if file.fate == "near-duplicate")
    assert (near.path, near.reason) == ("cats/b.jpg", "nearly the same picture as cats/a.png")


def test_the_fates_do_not_depend_on_whether_the_pixels_were_cached(tmp_path: Path) -> None:
    write(tmp_path, labelled(["cats", "dogs"], 3) | {path: data for path, (_, data) in oddities().items()})
    assert audited(tmp_path) == audited(tmp_path)


def test_a_set_of_small_pictures_is_not_accused_of_being_small(tmp_path: Path) -> None:
    write(tmp_path, labelled(["cats", "dogs"], 3))  # 24x20 each
    assert set(fates(tmp_path).values()) == {"used"}


@pytest.mark.parametrize("colour", [0, 255])
def test_blank_pictures_are_no_near_duplicates_of_each_other(tmp_path: Path, colour: int) -> None:
    shades = {f"cats/{n}.png": encoded(Image.new("L", (90 + n, 90), abs(colour - n))) for n in range(3)}
    found = fates(write(tmp_path, labelled(["cats", "dogs"], 1, start=50) | shades))
    assert {found[path] for path in list(shades)[1:]} == {"blank"}


def test_textures_of_the_same_kind_are_not_taken_for_each_other(tmp_path: Path) -> None:
    dice = np.random.default_rng(0)
    grains = {f"cats/{n}.png": dice.normal(128, 4, (200, 200)).clip(0, 255).astype(np.uint8) for n in range(40)}
    write(tmp_path, {path: encoded(Image.fromarray(grain)) for path, grain in grains.items()})
    assert set(fates(write(tmp_path, {"dogs/a.png": PHOTOGRAPH})).values()) == {"used"}


def test_what_is_used_and_odd_is_told_in_the_sum(tmp_path: Path) -> None:
    write(tmp_path, labelled(["cats", "dogs"], 2) | {"cats/a.png": PHOTOGRAPH, "cats/b.jpg": RE_ENCODED})
    write(tmp_path, {"cats/copy.bmp": encoded(odd(64), "BMP"), "cats/copy2.bmp": encoded(odd(64), "BMP")})
    assert audited(tmp_path).sentence() == "8 files = 8 used (2 of them copies, 1 near-duplicate)"
