"""Records come back from their bytes as they were, but for fingerprints; bytes that hold none are refused."""

import io

import numpy as np
import pytest

from model_store.evaluation.records import Records, Scored, Unreadable
from model_store.evaluation.records_file import dump_records, load_records, load_thumbnails

LABELS = ("cat", "dog")


def make_records() -> Records:
    records = Records.of(
        [
            Scored("dog/ä\n.png", "dog", np.array([0.1, 0.9])),
            Unreadable("bat/1.png", "bat", "empty", "It has no byte."),
            Scored("cat/2.png", "cat", np.array([0.25, 0.75]), is_damaged=True),
        ],
        LABELS,
    )
    records.thumbnails = {2: b"jpeg of two", 0: b"jpeg"}
    records.maps = {2: np.array([[0.5, -1.25], [3, 0]], np.float32)}
    records.see(0, np.zeros((8, 8, 3), np.uint8))
    return records


def test_records_come_back_as_they_were() -> None:
    given = make_records()
    found = load_records(dump_records(given))
    assert (found.labels, found.rows, found.paths) == (given.labels, given.rows, given.paths)
    assert found.given.tolist() == given.given.tolist()
    np.testing.assert_array_equal(found.probabilities, given.probabilities)
    assert found.rejections == given.rejections
    assert found.is_damaged.tolist() == [False, False, True]
    assert found.thumbnails == given.thumbnails == load_thumbnails(io.BytesIO(dump_records(given))).thumbnails
    assert list(found.maps) == [2]
    np.testing.assert_array_equal(found.maps[2], given.maps[2])


def older(*missing: str) -> bytes:
    """Return records as a release wrote them that did not know some arrays."""
    with np.load(io.BytesIO(dump_records(make_records()))) as arrays:
        known = {name: arrays[name] for name in arrays.files if name not in missing}
    file = io.BytesIO()
    np.savez_compressed(file, **known)
    return file.getvalue()


def test_records_that_are_older_than_maps_have_none() -> None:
    data = older("maps", "map_places")
    assert load_thumbnails(io.BytesIO(data)).maps == {}
    assert load_records(data).thumbnails == make_records().thumbnails


def test_records_that_are_older_than_damage_know_of_none() -> None:
    assert load_records(older("is_damaged")).is_damaged.tolist() == [False] * 3


def test_some_of_the_records_keep_their_damage() -> None:
    assert make_records().only(np.array([2, 0])).is_damaged.tolist() == [True, False]


def test_fingerprints_are_not_kept() -> None:
    assert not load_records(dump_records(make_records())).digests.any()


def test_no_records_come_back_as_none() -> None:
    found = load_records(dump_records(Records([], LABELS)))
    assert (len(found), found.rows) == (0, ["cat", "dog"])


@pytest.mark.parametrize("data", [b"", b"PK", b"no arrays", dump_records(make_records())[:-30]])
def test_other_bytes_are_refused(data: bytes) -> None:
    with pytest.raises(ValueError, match=r"not records|pickle|truncated|End"):
        load_records(data)
