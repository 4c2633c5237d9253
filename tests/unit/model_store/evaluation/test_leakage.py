"""Seen in training, given twice, given under two labels: each file is found, and the figures without it are right."""

from pathlib import Path

import numpy as np
import pytest

from model_store.decision import Decision
from model_store.errors import VersionCorrupt
from model_store.evaluation.counting import evaluate
from model_store.evaluation.leakage import find_duplicates, find_leakage
from model_store.evaluation.records import Records
from model_store.images.fingerprint import TrainingFingerprints, digest_array
from model_store.images.light_grids import GRID_BYTES
from model_store.images.pixels import Pixels
from model_store.storage.training_images import read_fingerprints, write_fingerprints

LABELS = ("cat", "dog")
DECISION = Decision(LABELS)


def picture(seed: int) -> Pixels:
    """Return a picture with light and shade of its own."""
    light = np.random.default_rng(seed).integers(0, 200, (7, 7)).astype(np.uint8)
    return np.repeat(np.kron(light, np.ones((4, 4), np.uint8))[..., None], 3, axis=2)


def nearly(seed: int) -> Pixels:
    chequers = np.indices((28, 28)).sum(axis=0) % 2
    changed: Pixels = picture(seed) + chequers[..., None].astype(np.uint8)
    return changed


def records_of(files: dict[str, Pixels | None], *, right: bool = True) -> Records:
    """Make records of paths and pixels; None is a file that cannot be read."""
    records = Records(((path, path.split("/")[0]) for path in files), LABELS)
    for place, (path, pixels) in enumerate(files.items()):
        if pixels is None:
            records.reject(place, "empty", "It is empty.")
        else:
            records.see(place, pixels)
            is_cat = path.startswith("cat") == right
            records.score(place, np.array([0.9, 0.1] if is_cat else [0.2, 0.8]))
    return records


def trained_on(*pictures: Pixels) -> TrainingFingerprints:
    seen = records_of({f"cat/{number}": pixels for number, pixels in enumerate(pictures)})
    return TrainingFingerprints(np.zeros(len(pictures), np.uint64), seen.digests, seen.grids)


FILES = {"cat/1": picture(1), "cat/2": nearly(2), "dog/3": picture(3), "dog/broken": None, "bird/4": picture(4)}


def test_files_seen_in_training_are_listed_with_how_they_are_known() -> None:
    found = find_leakage(records_of(FILES), DECISION, trained_on(picture(1), picture(2), picture(4), picture(9)))
    assert found.training_images == 4
    assert [(one.path, one.label, one.match) for one in found.files] == [
        ("cat/1", "cat", "exact"),
        ("cat/2", "cat", "near"),
        ("bird/4", "bird", "exact"),
    ]


def test_the_figures_without_them_are_those_of_the_other_files() -> None:
    found = find_leakage(records_of(FILES), DECISION, trained_on(picture(1), picture(2)))
    others = {path: pixels for path, pixels in FILES.items() if path not in {"cat/1", "cat/2"}}
    alone = evaluate(records_of(others), DECISION)
    assert found.without is not None
    assert found.without.metrics == alone.metrics
    assert found.without.files == alone.accounting.scored == 2
    assert found.without.confusion_matrix == alone.confusion_matrix


def test_where_nothing_was_seen_there_is_nothing_to_leave_out() -> None:
    found = find_leakage(records_of(FILES), DECISION, trained_on(picture(77)))
    assert (found.files, found.without, found.too_flat) == ([], None, 0)


def test_files_too_flat_to_be_known_but_exactly_are_counted() -> None:
    flat = {"cat/flat": np.full((28, 28, 3), 7, np.uint8), "cat/other": np.full((28, 28, 3), 8, np.uint8)}
    found = find_leakage(records_of({**FILES, **flat}), DECISION, trained_on(flat["cat/flat"]))
    assert [(one.path, one.match) for one in found.files] == [("cat/flat", "exact")]
    assert found.too_flat == 1


def test_a_version_that_knows_only_exact_pixels_finds_those_and_says_no_more() -> None:
    known = trained_on(picture(1), picture(2))
    old = TrainingFingerprints(known.perceptual_hashes, known.digests, np.zeros((0, GRID_BYTES), np.uint8))
    found = find_leakage(records_of(FILES), DECISION, old)
    assert [one.path for one in found.files] == ["cat/1"]
    assert found.too_flat is None


def test_duplicates_are_in_groups_those_under_two_labels_first() -> None:
    files = {
        "cat/1": picture(1), "dog/2": picture(2), "cat/a": picture(1), "cat/b": nearly(1), "cat/2": picture(2),
        "cat/3": picture(3), "dog/broken": None, "dog/broken2": None,
    }  # fmt: skip
    found = find_duplicates(records_of(files))
    assert [(one.match, one.labels, one.paths) for one in found] == [
        ("exact", ["dog", "cat"], ["dog/2", "cat/2"]),
        ("near", ["cat"], ["cat/1", "cat/a", "cat/b"]),
    ]


def test_flat_pictures_of_different_colours_are_no_duplicates() -> None:
    files = {f"cat/{level}": np.full((28, 28, 3), level, np.uint8) for level in range(9)}
    assert find_duplicates(records_of({**files, "dog/again": files["cat/3"]})) != []
    assert find_duplicates(records_of(dict(files))) == []


def test_a_crowd_of_pictures_that_are_all_nearly_the_same_is_one_group() -> None:
    dice = np.random.default_rng(0)
    records = records_of({f"cat/{number}": picture(5) for number in range(1500)})
    records.digests[:] = dice.integers(0, 255, records.digests.shape)
    records.grids[:, 1:] += dice.integers(0, 2, (1500, 49)).astype(np.uint8)
    (found,) = find_duplicates(records)
    assert (found.match, len(found.paths)) == ("near", 1500)


def test_no_files_have_no_duplicates() -> None:
    assert find_duplicates(Records([], LABELS)) == []
    assert find_duplicates(records_of({"cat/1": None})) == []


def test_fingerprints_come_back_sorted_and_nothing_says_which_belong_together(tmp_path: Path) -> None:
    given = trained_on(*(picture(seed) for seed in range(20)))
    write_fingerprints(tmp_path / "images.npz", given)
    found = read_fingerprints(tmp_path / "images.npz")
    assert found.digests.tolist() == sorted(given.digests.tolist())
    assert found.grids.tolist() == sorted(given.grids.tolist())


def test_damaged_fingerprints_are_a_damaged_version(tmp_path: Path) -> None:
    path = tmp_path / "images.npz"
    path.write_bytes(b"PK no arrays")
    with pytest.raises(VersionCorrupt, match="cannot be read"):
        read_fingerprints(path)
    np.savez(path, perceptual_hashes=np.zeros(1), pixel_digests=np.zeros((1, 3), np.uint8))
    with pytest.raises(VersionCorrupt, match="its arrays are float64"):
        read_fingerprints(path)


def test_hexadecimal_digests_become_rows() -> None:
    assert digest_array(["00" * 31 + "0a", "ff" * 32])[:, 31].tolist() == [10, 255]
    assert digest_array([]).shape == (0, 32)
