import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pydantic import ValidationError

from model_store.decision import Decision
from model_store.errors import NameInvalid, SchemaUnknown, VersionCorrupt
from model_store.manifest import MANIFEST_NAME, UNREADABLE, Headline, Manifest, headline
from model_store.storage.layout import check_name, is_name
from model_store.storage.manifest_file import read_manifest
from tests.support.fakes import describe

DIGEST = {"sha256": "0" * 64, "bytes": 1}


def fields(**changes: object) -> dict[str, Any]:
    return {
        **describe().model_dump(mode="json"),
        "schema_version": 1,
        "model": "shades",
        "version": 1,
        "created": "2026-01-01T00:00:00Z",
        "files": {"saved_model.pb": DIGEST},
        **changes,
    }


def read(directory: Path, text: str) -> Manifest:
    (directory / MANIFEST_NAME).write_text(text)
    return read_manifest(directory)


@pytest.mark.parametrize("name", ["a", "solar-cells", "v1.2_3", "0", "a" * 63])
def test_a_plain_name_is_a_name(name: str) -> None:
    assert check_name(name) == name


@pytest.mark.parametrize("name", ["", ".", "..", ".a", "a/b", "../a", "A", "a b", "é", "a\n", "a\0", "a" * 64, "-a"])
def test_what_could_leave_the_store_or_confuse_a_shell_is_no_name(name: str) -> None:
    assert not is_name(name)
    with pytest.raises(NameInvalid, match="cannot be the name of a model"):
        check_name(name)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"labels": ["a", "a"]}, "differ"),
        ({"labels": ["a"]}, "at least 2"),
        ({"labels": ["a", ""]}, "at least 1 character"),
        ({"labels": ["a", UNREADABLE]}, "cannot be a label"),
        ({"positive": "dark"}, "come together"),
        ({"threshold": 0.5}, "come together"),
        ({"positive": "grey", "threshold": 0.5}, "exactly two labels"),
        ({"labels": ["a", "b", "c"], "positive": "a", "threshold": 0.5}, "exactly two labels"),
        ({"positive": "dark", "threshold": 1.0}, "less than 1"),
        ({"temperature": 0}, "greater than 0"),
        ({"temperature": float("inf")}, "finite"),
        ({"surprise": 1}, "Extra inputs"),
        ({"version": 0}, "greater than 0"),
        ({"files": {MANIFEST_NAME: DIGEST}}, "itself"),
        ({"training_images": {"file": "x.npz", "count": 1, "digest": "0" * 64}}, "not among the files"),
    ],
)
def test_a_manifest_that_contradicts_itself_is_refused(changes: dict[str, object], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        Manifest.model_validate(fields(**changes))


@pytest.mark.parametrize("path", ["/etc/passwd", "../x", "a/../../x", "a/..", "", ".", "./a", "a//b", "a/", "a\0b"])
def test_no_file_of_a_manifest_lies_outside_or_is_spelled_two_ways(path: str) -> None:
    with pytest.raises(ValidationError, match="not a path inside"):
        Manifest.model_validate(fields(files={path: DIGEST}))
    with pytest.raises(ValidationError, match="not a path inside"):
        Manifest.model_validate(fields(training_images={"file": path, "count": 1, "digest": "0" * 64}))


def test_reading_gives_back_what_was_written(tmp_path: Path) -> None:
    manifest = Manifest.model_validate(fields(labels=["ä", "b\n[c]"], files={"variables/a b": DIGEST}))
    assert read(tmp_path, manifest.to_json()) == manifest
    assert manifest.to_json().endswith("}\n")
    assert "ä" in manifest.to_json()


@pytest.mark.parametrize("schema_version", [2, 0, None, "1", True, 1.0])
def test_an_unknown_schema_is_refused_and_the_known_one_named(tmp_path: Path, schema_version: object) -> None:
    with pytest.raises(SchemaUnknown, match="this release reads 1"):
        read(tmp_path, json.dumps(fields(schema_version=schema_version)))


@pytest.mark.parametrize("text", ["", "{", "[]", "null", "[" * 100_000, '{"a":' * 100_000, "9" * 5000])
def test_what_is_no_json_object_is_corrupt(tmp_path: Path, text: str) -> None:
    with pytest.raises(VersionCorrupt, match=r"manifest\.json cannot be read"):
        read(tmp_path, text)


def test_every_wrong_field_is_named(tmp_path: Path) -> None:
    with pytest.raises(VersionCorrupt) as caught:
        read(tmp_path, json.dumps(fields(version=-1, labels=[])))
    assert len(caught.value.differences) == 2


def test_a_missing_manifest_is_corrupt(tmp_path: Path) -> None:
    with pytest.raises(VersionCorrupt, match="No such file"):
        read_manifest(tmp_path)


@pytest.mark.parametrize(("share", "index"), [(0.7, 0), (0.69, 1)])
def test_the_threshold_speaks_of_the_positive_label(share: float, index: int) -> None:
    decision = Decision(("bad", "good"), "bad", 0.7)
    assert decision.index(np.array([share, 1 - share])) == index


def test_without_a_threshold_the_first_of_the_highest_wins() -> None:
    assert Decision(("a", "b", "c")).index(np.array([0.2, 0.4, 0.4])) == 1


def test_the_headline_is_of_the_test_split_where_there_is_one() -> None:
    figures = dict.fromkeys(set(Headline.model_fields) - {"images", "scored"})
    one, other = (Headline(images=n, scored=n, **figures) for n in (1, 2))
    assert headline({"validation": one, "test": other}) == other
    assert headline({"validation": one}) == one
    assert headline({}) is None
