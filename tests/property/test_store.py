"""Whatever the moment at which a publisher is killed, the store holds whole versions only, and goes on."""

import os
import random
import time
from multiprocessing import get_context
from multiprocessing.synchronize import Event
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from model_store.errors import NameInvalid
from model_store.storage.layout import STAGING_PREFIX, check_name
from model_store.store import ModelStore
from tests.support.examples import times
from tests.support.fakes import describe

KILLS = times(20)
FILES, MEGABYTE = 3, 2**20


def _publish(store: ModelStore) -> int:
    with store.stage("shades") as staging:
        for index in range(FILES):
            (staging.directory / "variables").mkdir(exist_ok=True)
            (staging.directory / "variables" / f"{index}").write_bytes(os.urandom(MEGABYTE))
        return staging.publish(describe()).manifest.version


def _publish_for_ever(directory: Path, fsync_s: float, started: Event) -> None:
    """Publish until killed; a slow disk is one whose fsync takes its time."""
    real = os.fsync

    def slow(handle: int) -> None:
        time.sleep(fsync_s)
        real(handle)

    pytest.MonkeyPatch().setattr(os, "fsync", slow)
    started.set()
    store = ModelStore(directory)
    while True:
        store.set_alias("shades", "serving", _publish(store))
        store.prune("shades", keep=2)


def _kill_at_a_random_moment(directory: Path, dice: random.Random) -> None:
    context = get_context("fork")
    started = context.Event()
    fsync_s = dice.choice([0, 0.003])
    process = context.Process(target=_publish_for_ever, args=(directory, fsync_s, started))
    process.start()
    started.wait()
    time.sleep(dice.uniform(0, 0.12))
    process.kill()
    process.join()
    assert process.exitcode == -9


def test_a_killed_publisher_leaves_whole_versions_only(tmp_path: Path) -> None:
    store, dice, left = ModelStore(tmp_path), random.Random(11), 0
    _publish(store)
    for _ in range(KILLS):
        _kill_at_a_random_moment(tmp_path, dice)
        for version in store.versions("shades"):
            assert len(store.open("shades", version).manifest.files) == FILES
        assert store.resolve("shades") in store.versions("shades")
        left += any(path.name.startswith(STAGING_PREFIX) for path in (tmp_path / "shades").iterdir())
    assert left > KILLS // 10, "the kills came too late to prove anything"

    highest = store.versions("shades")[-1]
    assert _publish(store) == highest + 1
    store.prune("shades", keep=1)
    names = {path.name for path in (tmp_path / "shades").iterdir()}
    assert not {name for name in names if name.startswith(STAGING_PREFIX)}


@given(st.text(max_size=70))
def test_a_name_is_refused_or_names_one_entry_of_the_store(name: str) -> None:
    try:
        home = Path("/store") / check_name(name)
    except NameInvalid:
        return
    assert home.parent == Path("/store")
    assert home.name == name
    assert not name.startswith(".")


@pytest.mark.parametrize("name", ["..", "a/b", "a\0", "."])
def test_what_leaves_the_store_is_refused(name: str) -> None:
    with pytest.raises(NameInvalid):
        check_name(name)
