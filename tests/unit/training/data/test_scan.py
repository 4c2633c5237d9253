import os
import unicodedata
from pathlib import Path

import pytest

from tests.support.folders import make_unlistable
from tests.support.pictures import labelled, picture, write
from training.data.files import File
from training.data.scan import scan
from training.errors import DatasetInvalid


def by_path(root: Path) -> dict[str, File]:
    return {file.path: file for file in scan(root).files}


def test_the_label_is_the_first_folder_however_deep_the_file_lies(tmp_path: Path) -> None:
    write(tmp_path, {"cats/a.png": picture(1), "cats/deep/er/b.png": picture(2), "dogs/c.png": picture(3)})
    assert {path: file.label for path, file in by_path(tmp_path).items()} == {
        "cats/a.png": "cats",
        "cats/deep/er/b.png": "cats",
        "dogs/c.png": "dogs",
    }


def test_a_common_folder_around_the_labels_is_looked_through(tmp_path: Path) -> None:
    write(tmp_path, {f"pictures/{path}": data for path, data in labelled(["cats", "dogs"], 2).items()})
    assert {file.label for file in scan(tmp_path).files} == {"cats", "dogs"}


@pytest.mark.parametrize("wrapper", ["", "pictures/"])
@pytest.mark.parametrize("name", ["val", "valid", "validation", "Val"])
def test_split_folders_give_the_split_and_the_folders_in_them_the_label(
    tmp_path: Path, name: str, wrapper: str
) -> None:
    files = {f"{split}/{label}/x.png": picture(1) for split in ("train", name, "test") for label in ("cats", "dogs")}
    write(tmp_path, {f"{wrapper}{path}": data for path, data in files.items()})
    found = {(file.split, file.label) for file in scan(tmp_path).files}
    assert found == {(split, label) for split in ("train", "validation", "test") for label in ("cats", "dogs")}


@pytest.mark.parametrize("wrapper", ["", "pictures/"])
@pytest.mark.parametrize("names", [("Training", "Testing"), ("train", "dev"), ("Train", "Test")])
def test_other_names_of_splits_are_no_labels(tmp_path: Path, names: tuple[str, str], wrapper: str) -> None:
    files = {f"{wrapper}{split}/{label}/x.png": picture(1) for split in names for label in ("cats", "dogs")}
    write(tmp_path, files | {f"{wrapper}sample.png": picture(2)})
    labelled_files = [file for file in scan(tmp_path).files if file.label]
    assert {file.label for file in labelled_files} == {"cats", "dogs"}
    assert {file.split for file in labelled_files} == {"train", "validation" if "dev" in names else "test"}


@pytest.mark.parametrize("name", ["test", "Test", "testing"])
def test_a_lone_test_folder_is_an_error_however_it_is_spelt(tmp_path: Path, name: str) -> None:
    write(tmp_path, {f"{name}/{label}/x.png": picture(1) for label in ("cats", "dogs")})
    with pytest.raises(DatasetInvalid, match="no train folder"):
        scan(tmp_path)


def test_a_label_may_be_called_train(tmp_path: Path) -> None:
    write(tmp_path, labelled(["train", "car"], 2))
    assert {(file.split, file.label) for file in scan(tmp_path).files} == {(None, "train"), (None, "car")}


def test_images_beside_split_folders_are_unlabelled(tmp_path: Path) -> None:
    write(tmp_path, {"train/cats/a.png": picture(1), "test/cats/b.png": picture(2), "extra/c.png": picture(3)})
    assert by_path(tmp_path)["extra/c.png"].fate == "unlabelled"


def test_split_folders_without_labels_in_them_are_refused(tmp_path: Path) -> None:
    write(tmp_path, {"train/a.png": picture(1), "test/b.png": picture(2)})
    with pytest.raises(DatasetInvalid, match="test, train hold images and no labels"):
        scan(tmp_path)


def test_split_folders_without_train_are_refused(tmp_path: Path) -> None:
    write(tmp_path, {"val/cats/a.png": picture(1), "test/cats/b.png": picture(2)})
    with pytest.raises(DatasetInvalid, match="no train folder"):
        scan(tmp_path)


def test_a_folder_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DatasetInvalid, match="is not a folder"):
        scan(tmp_path / "nowhere")


def test_every_file_that_is_no_labelled_image_has_its_fate(tmp_path: Path) -> None:
    write(tmp_path, labelled(["cats", "dogs"], 1))
    write(
        tmp_path, {"cats/notes.txt": b"text", "cats/Thumbs.db": b"x", ".hidden/a.png": picture(5), "a.png": picture(6)}
    )
    found = {path: file.fate for path, file in by_path(tmp_path).items() if file.fate != "used"}
    assert found == {
        "cats/notes.txt": "not-an-image",
        "cats/Thumbs.db": "system-file",
        ".hidden/a.png": "system-file",
        "a.png": "unlabelled",
    }


def test_an_image_is_known_by_its_first_bytes_whatever_it_is_called(tmp_path: Path) -> None:
    write(tmp_path, {"cats/picture": picture(1), "dogs/scan.txt": picture(2, "JPEG")})
    assert {file.fate for file in scan(tmp_path).files} == {"used"}


def test_a_link_to_a_file_is_read_and_one_to_a_folder_is_listed_but_not_followed(tmp_path: Path) -> None:
    write(tmp_path, labelled(["cats", "dogs"], 1))
    (tmp_path / "dogs/link.png").symlink_to(tmp_path / "cats/0.png")
    (tmp_path / "dogs/more").symlink_to(tmp_path)
    files = by_path(tmp_path)
    assert files["dogs/link.png"].fate == "used"
    assert (files["dogs/more"].fate, len(files)) == ("not-an-image", 4)


@pytest.mark.parametrize("place", ["birds", "set/birds", "train/birds", "val"])
def test_a_set_that_would_lack_a_linked_label_or_part_is_refused(tmp_path: Path, place: str) -> None:
    folder = tmp_path / "elsewhere"
    write(folder, labelled(["a", "b"], 1))
    above = place.rpartition("/")[0] or ("train" if place == "val" else "")
    data = write(tmp_path / "data", {f"{above}/{path}".lstrip("/"): one for path, one in labelled("ab", 2).items()})
    (data / place).symlink_to(folder)
    with pytest.raises(DatasetInvalid, match=f"{place} is a link to a folder, which is not followed") as caught:
        scan(data)
    assert "Copy the folder itself there" in (caught.value.hint or "")


def test_folders_that_say_that_they_have_no_label_are_not_learnt(tmp_path: Path) -> None:
    write(tmp_path, labelled(["cats", "dogs", "no_label"], 2))
    found = by_path(tmp_path)
    assert {file.label for file in found.values()} == {"cats", "dogs", None}
    assert (found["no_label/0.png"].fate, found["no_label/0.png"].reason) == (
        "unlabelled",
        "its folder says that it has no label",
    )


def test_masks_are_no_photographs(tmp_path: Path) -> None:
    write(tmp_path, labelled(["cats/images", "dogs/images"], 2) | labelled(["cats/masks", "dogs/masks"], 2, start=50))
    assert {path: file.fate for path, file in by_path(tmp_path).items()} == {
        f"{label}/{kind}/{number}.png": fate
        for label in ("cats", "dogs")
        for kind, fate in (("images", "used"), ("masks", "mask"))
        for number in range(2)
    }


@pytest.mark.parametrize("target", ["nowhere.png", "loop.png"])
def test_a_link_that_leads_nowhere_is_unreadable(tmp_path: Path, target: str) -> None:
    write(tmp_path, labelled(["cats", "dogs"], 1))
    (tmp_path / "cats/loop.png").symlink_to(target)
    assert by_path(tmp_path)["cats/loop.png"].fate == "unreadable"


def test_a_pipe_is_never_opened(tmp_path: Path) -> None:
    write(tmp_path, labelled(["cats", "dogs"], 1))
    os.mkfifo(tmp_path / "cats/pipe.png")  # opening it would wait for ever
    assert by_path(tmp_path)["cats/pipe.png"].fate == "not-an-image"


def test_a_folder_that_cannot_be_listed_is_unreadable_unless_a_system_left_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path, labelled(["cats", "dogs"], 1) | {"birds/a.png": picture(9), ".Trash/b.png": picture(8)})
    make_unlistable(tmp_path / "birds", monkeypatch)
    assert by_path(tmp_path)["birds"].reason == "the folder cannot be listed (Permission denied)"
    make_unlistable(tmp_path / ".Trash", monkeypatch)
    found = by_path(tmp_path)
    assert (found["birds"].fate, found[".Trash"].fate) == ("unreadable", "system-file")


def test_a_data_folder_that_cannot_be_listed_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    make_unlistable(tmp_path, monkeypatch)
    with pytest.raises(DatasetInvalid, match=r"cannot be read \(Permission denied\)\.$"):
        scan(tmp_path)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_what_may_not_be_read_is_unreadable(tmp_path: Path) -> None:
    write(tmp_path, labelled(["cats", "dogs"], 1) | {"birds/a.png": picture(9)})
    (tmp_path / "cats/0.png").chmod(0)
    (tmp_path / "birds").chmod(0)
    files = by_path(tmp_path)
    assert (files["cats/0.png"].fate, files["birds"].fate) == ("unreadable", "unreadable")


def test_a_name_that_is_no_utf8_is_escaped_and_still_opened(tmp_path: Path) -> None:
    write(tmp_path, labelled(["cats", "dogs"], 1))
    Path(os.fsdecode(os.fsencode(tmp_path) + b"/cats/\xff.png")).write_bytes(picture(7))
    assert by_path(tmp_path)[r"cats/\xff.png"].fate == "used"


def test_a_wrapper_in_decomposed_letters_is_looked_through(tmp_path: Path) -> None:
    wrapper = unicodedata.normalize("NFD", "café")
    write(tmp_path, {f"{wrapper}/{path}": data for path, data in labelled(["cats", "dogs"], 2).items()})
    assert {file.label for file in scan(tmp_path).files} == {"cats", "dogs"}
