import json
import os
import shutil
from collections.abc import Callable
from multiprocessing import get_context
from pathlib import Path

import pytest

from model_store.errors import (
    AliasNotFound,
    FullcountError,
    ModelNotFound,
    NameInvalid,
    SchemaUnknown,
    StoreUnusable,
    VersionCorrupt,
    VersionInUse,
    VersionNotFound,
)
from model_store.manifest import MANIFEST_NAME
from model_store.storage.layout import ALIASES_NAME, EVALUATIONS_NAME
from model_store.store import SERVING, ModelStore, StoredVersion
from tests.support.fakes import describe, publish
from tests.unit.model_store.conftest import without_rights

BAD_NAMES = ["", ".", "..", "a/b", "../x", "/etc", ".staging-x", "A", "a\n"]


def tree(store: ModelStore) -> list[str]:
    """List the names in the directory of the model."""
    return sorted(path.name for path in (store.directory / "shades").iterdir())


def test_a_published_version_is_what_was_described_and_written(store: ModelStore) -> None:
    with store.stage("shades") as staging:
        (staging.directory / "variables").mkdir()
        (staging.directory / "variables" / "x").write_bytes(b"123")
        stored = staging.publish(describe())
    assert (stored.manifest.model, stored.manifest.version, stored.manifest.labels) == ("shades", 1, ("dark", "light"))
    assert list(stored.manifest.files) == ["variables/x"]
    assert store.open("shades") == stored
    assert tree(store) == ["1"]


def test_versions_count_up(store: ModelStore) -> None:
    assert [publish(store.directory).manifest.version for _ in range(3)] == [1, 2, 3]
    assert store.versions("shades") == [1, 2, 3]
    assert store.models() == ["shades"]
    assert store.has("shades")
    assert not store.has("other")


def test_what_was_staged_and_not_published_is_gone(store: ModelStore) -> None:
    with store.stage("shades") as staging:
        (staging.directory / "x").write_bytes(b"1")
    assert tree(store) == []
    assert store.models() == []


def test_an_error_of_the_writer_passes_and_leaves_nothing(store: ModelStore) -> None:
    with pytest.raises(FileNotFoundError), store.stage("shades"):
        Path("/nowhere/at/all").read_bytes()
    assert tree(store) == []


@pytest.mark.parametrize("taken", ["directory", "file", "link"])
def test_a_number_that_somebody_took_meanwhile_is_passed_over(store: ModelStore, taken: str) -> None:
    with store.stage("shades") as staging:
        place = store.directory / "shades" / "1"
        if taken == "directory":
            shutil.copytree(publish(store.directory, "other").directory, place)
        elif taken == "file":
            place.touch()
        else:
            place.symlink_to("/nowhere")
        assert staging.publish(describe()).manifest.version == 2


def test_a_lost_race_for_a_number_is_run_again(store: ModelStore, monkeypatch: pytest.MonkeyPatch) -> None:
    publish(store.directory)
    monkeypatch.setattr(
        "model_store.storage.staging.next_number", lambda _: 1
    )  # what a publisher saw before the other's rename
    assert publish(store.directory).manifest.version == 2
    assert store.open("shades", 2).manifest.version == 2


def _publish_three(store: Path) -> None:
    for _ in range(3):
        publish(store)


def test_concurrent_publishers_take_different_numbers(store: ModelStore) -> None:
    processes = [get_context("fork").Process(target=_publish_three, args=(store.directory,)) for _ in range(4)]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    assert [process.exitcode for process in processes] == [0] * 4
    assert store.versions("shades") == list(range(1, 13))
    assert all(store.open("shades", version) for version in store.versions("shades"))
    assert tree(store) == sorted(map(str, range(1, 13)))


def test_a_number_is_never_given_twice(store: ModelStore) -> None:
    for _ in range(2):
        publish(store.directory)
    store.remove("shades", 2)
    store.remove("shades", 1)
    assert not store.has("shades")
    assert publish(store.directory).manifest.version == 3


@pytest.mark.parametrize("name", ["01", "0", "-1", "1.0", "٣", "evaluations", "1 ", "x"])
def test_only_a_plain_positive_integer_is_a_version(store: ModelStore, name: str) -> None:
    publish(store.directory)
    (store.directory / "shades" / name).mkdir()
    assert store.versions("shades") == [1]


def test_neither_a_file_nor_a_link_is_a_version_or_a_model(store: ModelStore) -> None:
    publish(store.directory)
    (store.directory / "shades" / "2").touch()
    (store.directory / "shades" / "3").symlink_to("1")
    (store.directory / "linked").symlink_to("shades")
    (store.directory / "file").touch()
    (store.directory / "lost+found").mkdir()
    assert store.versions("shades") == [1]
    assert store.models() == ["shades"]


@pytest.mark.parametrize("name", BAD_NAMES)
def test_no_name_leaves_the_store(store: ModelStore, name: str) -> None:
    publish(store.directory)
    assert not store.has(name)
    with pytest.raises(ModelNotFound):
        store.open(name)
    with pytest.raises(NameInvalid):
        store.stage(name).__enter__()
    with pytest.raises(NameInvalid):
        store.prune(name)
    with pytest.raises(NameInvalid):
        store.set_alias("shades", name, 1)


def test_what_is_missing_is_said_with_what_is_there(store: ModelStore) -> None:
    publish(store.directory)
    with pytest.raises(ModelNotFound) as model:
        store.open("other")
    with pytest.raises(VersionNotFound) as version:
        store.open("shades", 7)
    with pytest.raises(AliasNotFound) as alias:
        store.remove_alias("shades", "beta")
    assert [caught.value.hint for caught in (model, version, alias)] == [
        "Available: shades.",
        "Available: 1.",
        "Available: none.",
    ]


def test_a_store_that_does_not_exist_is_said_to_be_unusable(store: ModelStore) -> None:
    with pytest.raises(StoreUnusable, match="No such file") as caught:
        store.models()
    assert "--store" in str(caught.value.hint)


def _append(directory: Path) -> None:
    with (directory / "saved_model.pb").open("ab") as file:
        file.write(b"x")


def _flip(directory: Path) -> None:
    data = bytearray((directory / "saved_model.pb").read_bytes())
    data[0] ^= 1
    (directory / "saved_model.pb").write_bytes(data)


@pytest.mark.parametrize(
    ("damage", "difference"),
    [
        (_append, "saved_model.pb has changed"),
        (_flip, "saved_model.pb has changed"),
        (lambda directory: (directory / "saved_model.pb").unlink(), "saved_model.pb is missing"),
        (lambda directory: (directory / "extra").touch(), "extra is not in the manifest"),
    ],
)
def test_any_damage_is_found(store: ModelStore, damage: Callable[[Path], None], difference: str) -> None:
    damage(publish(store.directory).directory)
    with pytest.raises(VersionCorrupt) as caught:
        store.open("shades")
    assert caught.value.differences == [difference]
    assert store.open("shades", verify=False)


@pytest.mark.parametrize("verify", [True, False])
def test_links_and_pipes_in_a_version_are_refused_and_not_waited_for(store: ModelStore, *, verify: bool) -> None:
    directory = publish(store.directory).directory
    (directory / MANIFEST_NAME).unlink()
    os.mkfifo(directory / MANIFEST_NAME)
    with pytest.raises(VersionCorrupt):
        store.open("shades", verify=verify)


@pytest.mark.parametrize("place", [("shades", "2"), ("other", "1")])
def test_a_copied_version_does_not_pass_for_another(store: ModelStore, place: tuple[str, str]) -> None:
    shutil.copytree(publish(store.directory).directory, store.directory.joinpath(*place))
    with pytest.raises(VersionCorrupt, match="names another version"):
        store.open(place[0], int(place[1]))


def test_an_alias_decides_what_serves_until_it_is_removed(store: ModelStore) -> None:
    for _ in range(2):
        publish(store.directory)
    assert store.resolve("shades") == 2
    store.set_alias("shades", SERVING, 1)
    assert store.open("shades").manifest.version == 1
    assert store.aliases("shades") == {SERVING: 1}
    store.remove_alias("shades", SERVING)
    assert store.resolve("shades") == 2


def test_an_alias_points_to_what_is_there(store: ModelStore) -> None:
    publish(store.directory)
    with pytest.raises(VersionNotFound):
        store.set_alias("shades", SERVING, 2)
    assert store.aliases("shades") == {}


@pytest.mark.parametrize("text", ["", "[]", '{"serving": "1"}', '{"serving": true}', '{"serving": 1.0}', "[" * 100_000])
def test_hostile_aliases_are_corrupt(store: ModelStore, text: str) -> None:
    publish(store.directory)
    (store.directory / "shades" / ALIASES_NAME).write_text(text)
    with pytest.raises(VersionCorrupt, match=r"aliases\.json"):
        store.open("shades")


def test_an_alias_to_a_version_that_is_gone_is_an_error_and_not_another_version(store: ModelStore) -> None:
    publish(store.directory)
    (store.directory / "shades" / ALIASES_NAME).write_text(json.dumps({SERVING: 9}))
    with pytest.raises(VersionNotFound):
        store.open("shades")


def test_removing_a_version_takes_its_reports_along(store: ModelStore) -> None:
    for _ in range(2):
        publish(store.directory)
    for version in "12":
        reports = store.directory / "shades" / EVALUATIONS_NAME / version
        reports.mkdir(parents=True)
        (reports / "x.json").touch()
    store.remove("shades", 1)
    assert store.versions("shades") == [2]
    assert [path.name for path in (store.directory / "shades" / EVALUATIONS_NAME).iterdir()] == ["2"]
    assert tree(store) == ["2", EVALUATIONS_NAME]


def test_a_version_in_use_is_not_removed(store: ModelStore) -> None:
    publish(store.directory)
    store.set_alias("shades", "beta", 1)
    with pytest.raises(VersionInUse, match="beta"):
        store.remove("shades", 1)
    assert store.open("shades", 1)


def test_prune_keeps_the_newest_and_those_with_an_alias(store: ModelStore) -> None:
    for _ in range(5):
        publish(store.directory)
    store.set_alias("shades", SERVING, 2)
    assert store.prune("shades", keep=2) == ["1", "3"]
    assert store.versions("shades") == [2, 4, 5]


def test_prune_leaves_a_living_processs_staging_alone(store: ModelStore) -> None:
    left = store.directory / "shades" / ".staging-0123"
    left.mkdir(parents=True)
    (left / "x").touch()
    with store.stage("shades") as staging:
        assert store.prune("shades") == [left.name]
        assert staging.publish(describe()).manifest.version == 1


def test_prune_removes_half_written_files_that_are_old(store: ModelStore) -> None:
    home = publish(store.directory).directory.parent
    (home / EVALUATIONS_NAME / "1").mkdir(parents=True)
    half = [home / ".aliases.json.0123abcd", home / EVALUATIONS_NAME / "1" / ".x.json.0123abcd"]
    for path in half:
        path.touch()
        os.utime(path, times=(0, 0))
    assert store.prune("shades") == [path.name for path in half]
    assert tree(store) == ["1", EVALUATIONS_NAME]


def test_prune_touches_nothing_behind_a_link(store: ModelStore, tmp_path: Path) -> None:
    publish(store.directory)
    (tmp_path / "precious").mkdir()
    (store.directory / "shades" / ".staging-link").symlink_to(tmp_path / "precious")
    assert store.prune("shades") == []
    assert (tmp_path / "precious").exists()


def test_prune_of_what_is_not_there_says_so(store: ModelStore) -> None:
    publish(store.directory)
    with pytest.raises(ModelNotFound):
        store.prune("other")


def _everything(store: ModelStore) -> list[Callable[[], object]]:
    return [
        lambda: store.open("shades"),
        lambda: store.open("shades", 1),
        store.models,
        lambda: store.set_alias("shades", SERVING, 1),
        lambda: store.remove("shades", 1),
        lambda: store.prune("shades"),
        lambda: publish(store.directory),
    ]


@pytest.mark.parametrize("closed", ["", "shades", "shades/1", "shades/1/saved_model.pb", "shades/1/manifest.json"])
@pytest.mark.parametrize("mode", [0o000, 0o444])
def test_what_may_not_be_touched_is_said_in_a_sentence(open_place: Path, closed: str, mode: int) -> None:
    store = ModelStore(open_place)
    publish(store.directory)
    (store.directory / closed).chmod(mode)
    try:
        with without_rights():
            for action in _everything(store):
                try:
                    action()
                except FullcountError as error:
                    assert str(error).endswith(".")  # noqa: PT017  some of them are allowed
    finally:
        (store.directory / closed).chmod(0o755)
    assert store.open("shades")


def test_a_link_in_the_staging_directory_is_not_published(store: ModelStore) -> None:
    with store.stage("shades") as staging, pytest.raises(VersionCorrupt, match="link"):
        _link_and_publish(staging.directory, lambda: staging.publish(describe()))
    assert tree(store) == []


def _link_and_publish(directory: Path, publish_it: Callable[[], StoredVersion]) -> None:
    (directory / "x").symlink_to("/etc/passwd")
    publish_it()


def test_an_empty_store_says_how_to_fill_it(store: ModelStore) -> None:
    store.directory.mkdir()
    with pytest.raises(ModelNotFound) as caught:
        store.open("pets")
    assert caught.value.hint == "Publish one with `fullcount train`."


@pytest.mark.parametrize(
    "document",
    [
        {"schema_version": "x" * 10**6},
        {"schema_version": 1, "files": {f"../\x1b{number}": 0 for number in range(10_000)}},
        {"schema_version": 1, "labels": ["x" * 10**6], "model": 5},
    ],
)
def test_what_is_wrong_with_a_manifest_fits_on_a_screen(store: ModelStore, document: dict[str, object]) -> None:
    (publish(store.directory).directory / MANIFEST_NAME).write_text(json.dumps(document))
    with pytest.raises((VersionCorrupt, SchemaUnknown)) as caught:
        store.open("shades", verify=False)
    assert len(str(caught.value)) < 8000
    assert str(caught.value).isprintable()


def test_a_manifest_of_nothing_but_brackets_is_not_parsed(store: ModelStore) -> None:
    brackets = b'{"a": [' + b"[]," * 2**21 + b"[]]}"
    (publish(store.directory).directory / MANIFEST_NAME).write_bytes(brackets)
    with pytest.raises(VersionCorrupt, match=f"has {len(brackets)} bytes, more than 4194304"):
        store.open("shades", verify=False)
