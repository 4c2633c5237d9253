import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from model_store.commands.models import models
from model_store.errors import FullcountError, ModelNotFound, StoreUnusable, VersionCorrupt
from model_store.manifest import MANIFEST_NAME, Manifest
from model_store.store import SERVING, ModelStore
from tests.support.fakes import publish


def fullcount(store: ModelStore, *arguments: str) -> Result:
    """Run `fullcount models …`; an error of ours is raised."""
    result = CliRunner().invoke(
        models, list(arguments), env={"FULLCOUNT_STORE": str(store.directory), "COLUMNS": "200"}
    )
    if isinstance(result.exception, FullcountError):
        raise result.exception
    return result


@pytest.fixture(autouse=True)
def two_versions(store: ModelStore) -> Path:
    publish(store.directory)
    return publish(store.directory).directory


def test_list_shows_every_version_and_which_serves(store: ModelStore) -> None:
    publish(store.directory, "other")
    store.set_alias("shades", SERVING, 1)
    lines = [line for line in fullcount(store, "list").output.splitlines() if "other" in line or "shades" in line]
    assert ["yes" in line for line in lines] == [True, True, False]


def test_list_shows_the_good_versions_beside_a_bad_one(store: ModelStore, two_versions: Path) -> None:
    (two_versions / MANIFEST_NAME).write_text("{}")
    with pytest.raises(VersionCorrupt, match=r"shades 2: .* schema version None"):
        fullcount(store, "list")


def test_list_of_a_store_that_does_not_exist_says_so(tmp_path: Path) -> None:
    with pytest.raises(StoreUnusable):
        fullcount(ModelStore(tmp_path / "nowhere"), "list")


def test_show_prints_the_manifest(store: ModelStore) -> None:
    shown = fullcount(store, "show", "shades", "1").output
    assert Manifest.model_validate(json.loads(shown)) == store.open("shades", 1).manifest
    assert json.loads(fullcount(store, "show", "shades").output)["version"] == 2


def test_verify_counts_the_files_of_each_version(store: ModelStore) -> None:
    lines = fullcount(store, "verify").output.splitlines()
    assert lines == ["shades 1: 2 files as published", "shades 2: 2 files as published"]
    assert fullcount(store, "verify", "shades", "1").output.splitlines() == lines[:1]


def test_verify_names_every_damaged_version_and_checks_the_others(store: ModelStore, two_versions: Path) -> None:
    publish(store.directory)
    (two_versions / "extra").touch()
    (store.directory / "shades" / "1" / MANIFEST_NAME).write_text('{"schema_version": 2}')
    with pytest.raises(VersionCorrupt) as caught:
        fullcount(store, "verify")
    assert [one.split(":")[0] for one in caught.value.differences] == ["shades 1", "shades 2"]


@pytest.mark.parametrize("arguments", [["verify", "shades", "0"], ["show", "shades", "x"], ["prune", "--keep", "0"]])
def test_a_version_is_a_positive_integer(store: ModelStore, arguments: list[str]) -> None:
    assert fullcount(store, *arguments).exit_code == 2


def test_alias_points_and_lets_go(store: ModelStore) -> None:
    assert fullcount(store, "alias", "shades", "1").output == "shades: serving is version 1\n"
    assert store.resolve("shades") == 1
    assert fullcount(store, "alias", "shades", "--delete").output == "shades: alias serving removed\n"
    assert store.resolve("shades") == 2


@pytest.mark.parametrize("arguments", [[], ["1", "--delete"]])
def test_alias_needs_a_version_or_delete(store: ModelStore, arguments: list[str]) -> None:
    assert fullcount(store, "alias", "shades", *arguments).exit_code == 2


def test_remove_removes(store: ModelStore) -> None:
    assert fullcount(store, "remove", "shades", "1").output == "shades 1: removed\n"
    assert store.versions("shades") == [2]


def test_prune_goes_through_all_models_and_past_what_is_none(store: ModelStore) -> None:
    (store.directory / "lost+found").mkdir()
    (store.directory / "shades" / ".staging-0123").mkdir()
    (store.directory / "unborn" / ".staging-4567").mkdir(parents=True)
    lines = fullcount(store, "prune", "--keep", "1").output.splitlines()
    assert lines == ["shades: .staging-0123 removed", "shades: 1 removed", "unborn: .staging-4567 removed"]


def test_prune_of_an_unknown_model_says_so(store: ModelStore) -> None:
    with pytest.raises(ModelNotFound):
        fullcount(store, "prune", "other")
