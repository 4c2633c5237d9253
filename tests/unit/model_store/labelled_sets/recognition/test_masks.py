"""Masks are known by the pictures that they belong to; without these, they may be anything."""

import pytest

from model_store.labelled_sets.recognition.masks import find_masks


@pytest.mark.parametrize(
    ("picture", "mask"),
    [
        ("benign/benign (1).png", "benign/benign (1)_mask.png"),
        ("benign/benign (1).png", "benign/benign (1)_mask_1.png"),
        ("skin/ISIC_0000.jpg", "skin/ISIC_0000_segmentation.png"),
        ("cat/1.jpg", "cat/1-GT.png"),
        ("cat/images/1.png", "cat/masks/1.png"),
        ("train/cat/images/1.png", "train/cat/Masks/1_mask.png"),
        ("images/train/cat/1.jpg", "masks/train/cat/1.png"),
        ("raw/cat/1.tif", "ground_truth/cat/1.png"),
        ("cat/1.jpg", "cat/annotations/1.png"),
    ],
)
def test_a_mask_has_the_name_of_a_picture(picture: str, mask: str) -> None:
    assert find_masks([picture, mask]) == {mask}


@pytest.mark.parametrize(
    "paths",
    [
        ["mask/1.png", "no_mask/1.png"],
        ["with_mask/1.png", "without_mask/1.png"],
        ["mask/1.png", "nose/1.png", "ear/1.png"],
        ["cat/1_mask.png", "cat/2.png"],
        ["cat/gasmask.png", "cat/gas.png"],
        ["labels/1.png", "barcodes/1.png"],
        ["seg/1.png", "gt/1.png"],
        ["cat/mask.png"],
        ["cat/1_" + "x" * 300 + "_mask.png", "cat/1_" + "x" * 300 + ".png"],
    ],
)
def test_pictures_that_are_no_masks_of_others_are_left_alone(paths: list[str]) -> None:
    assert find_masks(paths) == set()


def test_a_label_of_the_model_holds_no_masks() -> None:
    paths = ["face/images/1.png", "face/mask/1.png"]
    assert find_masks(paths) == {"face/mask/1.png"}
    assert find_masks(paths, "mask".__eq__) == set()
