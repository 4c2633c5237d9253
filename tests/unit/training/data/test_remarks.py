from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.support.images import damaged_jpeg, damaged_png
from tests.support.pictures import audited, encoded, labelled, write
from training.data.remarks import share_remarks, split_remarks


@pytest.mark.parametrize("above", ["", "pictures/"])
def test_labels_that_differ_only_in_case_are_said(tmp_path: Path, above: str) -> None:
    write(tmp_path, labelled([f"{above}cats", f"{above}Cats", f"{above}dogs"], 3))
    expected = "These labels differ only in capital letters and count as 2: Cats, cats."
    assert audited(tmp_path).notes == (expected,)


@pytest.mark.parametrize(
    ("names", "said"),
    [
        (("cat", "cat ", "dog"), "'cat', 'cat '"),
        (("hot dog", "hot-dog", "pie"), "'hot dog', 'hot-dog'"),
        (("A_b", "a b", "c"), "'A_b', 'a b'"),
    ],
)
def test_labels_that_differ_only_in_spaces_are_said(tmp_path: Path, names: tuple[str, ...], said: str) -> None:
    write(tmp_path, labelled(names, 3))
    expected = f"These labels differ only in spaces, hyphens or capital letters and count as 2: {said}."
    assert audited(tmp_path).notes == (expected,)


@pytest.mark.parametrize("above", ["", "pictures/"])
def test_an_empty_folder_beside_the_labels_is_said(tmp_path: Path, above: str) -> None:
    write(tmp_path, labelled([f"{above}cats", f"{above}dogs"], 3) | {f"{above}birds/notes.txt": b"x"})
    (tmp_path / above / "fish").mkdir()
    (tmp_path / above / ".hidden").mkdir()
    assert audited(tmp_path).notes == (f"There is no labelled image in: {above}birds/, {above}fish/.",)


def test_an_empty_label_of_a_split_and_an_empty_split_are_said(tmp_path: Path) -> None:
    write(tmp_path, labelled([f"{split}/{label}" for split in ("train", "test") for label in ("cats", "dogs")], 2))
    (tmp_path / "train/birds").mkdir()
    (tmp_path / "val").mkdir()
    assert audited(tmp_path).notes == ("There is no labelled image in: val/, train/birds/.",)


def test_folders_beside_those_of_the_splits_are_said_to_be_ignored(tmp_path: Path) -> None:
    splits = [f"{split}/{label}" for split in ("train", "test") for label in ("cats", "dogs")]
    write(tmp_path, labelled([*splits, "extra"], 2))
    assert audited(tmp_path).notes == (
        "2 image files are under no label and not used: extra/ (2).",
        "These folders beside those of the splits are ignored: extra/.",
    )


def test_a_folder_with_nothing_odd_has_no_notes(tmp_path: Path) -> None:
    assert audited(write(tmp_path, labelled(["cats", "dogs"], 3))).notes == ()


@pytest.mark.parametrize(("bits", "times"), [(10, 64), (12, 16), (14, 4)])
def test_images_of_16_bits_that_use_fewer_are_said(tmp_path: Path, bits: int, times: int) -> None:
    white = 2**bits - 1
    samples = np.linspace(0, white, 24 * 20).round().astype(np.uint16).reshape(20, 24)
    deep = {f"cats/{place}.png": encoded(Image.fromarray(np.roll(samples, place))) for place in (1, 9)}
    (note,) = audited(write(tmp_path, labelled(["cats", "dogs"], 3) | deep)).notes
    assert f"2 images of 16 bits have no value above {white}: {bits} bits?" in note
    assert f"{times} times too dark" in note
    assert note.endswith("cats/1.png, cats/9.png.")


def test_images_that_are_damaged_inside_are_said(tmp_path: Path) -> None:
    files = labelled(["cats", "dogs"], 3) | {"dogs/hole.jpg": damaged_jpeg(), "dogs/zeros.png": damaged_png()}
    (note,) = audited(write(tmp_path, files)).notes
    assert note.startswith("2 images are damaged inside and used nevertheless")
    assert note.endswith(": dogs/hole.jpg, dogs/zeros.png.")


def test_images_that_use_16_bits_need_no_words(tmp_path: Path) -> None:
    samples = np.linspace(0, 65535, 24 * 20).round().astype(np.uint16).reshape(20, 24)
    files = labelled(["cats", "dogs"], 3) | {"cats/deep.png": encoded(Image.fromarray(samples))}
    assert audited(write(tmp_path, files)).notes == ()


def test_enough_images_need_no_words() -> None:
    counts = {split: {"a": 200, "b": 100} for split in ("train", "validation", "test")}
    assert list(split_remarks(counts, ("a", "b"))) == []


def test_what_few_images_cannot_show_is_said_with_its_size() -> None:
    counts = {"train": {"a": 90, "b": 9}, "validation": {"a": 60, "b": 40}, "test": {"a": 4, "b": 0}}
    assert list(split_remarks(counts, ("a", "b"))) == [
        "The test split has 4 images: one is 25.0 points, and a share of them is accurate to about 49 points.",
        "These labels have no test image, and so no figures: b.",
        "With fewer than 10 test images, these labels have unreliable figures: a.",
        "These labels have fewer than 10 images to learn from: b.",
    ]


def test_a_split_that_is_not_there_is_said() -> None:
    counts = {"train": {"a": 90}, "validation": {"a": 100}, "test": {"a": 0}}
    assert list(split_remarks(counts, ("a",))) == ["There is no test split."]


def test_a_split_that_large_groups_make_too_large_is_said() -> None:
    counts = {"train": {"a": 50}, "validation": {"a": 40}, "test": {"a": 10}}
    said = list(share_remarks(counts, {"validation": 0.15, "test": 0.15}))
    assert said == ["The validation split has 40% of the images, but 15% were requested."]
