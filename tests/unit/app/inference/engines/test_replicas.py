"""Engines that serve as one: each call has one of them for itself, and none is lost or left open."""

import asyncio
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import numpy as np
import pytest

from app.errors import EngineError, GoldenMismatch
from app.inference.batcher import Batcher
from app.inference.engines.base import Engine, Probabilities
from app.inference.engines.proof import replay_golden
from app.inference.engines.replicas import Replicas, replicate
from model_store.images.pixels import Pixels
from model_store.storage.golden import Golden
from tests.support.fakes import SIZE, FakeEngine, brightness, bring

PIXELS = np.stack([np.full((SIZE, SIZE, 3), level, np.uint8) for level in (0, 100, 255)])


class Replica(FakeEngine):
    """A fake engine on a device."""

    def __init__(self, device: str, *, fails_on: int | None = None) -> None:
        super().__init__(fails_on=fails_on)
        self.device = device


class WrongReplica(Replica):
    """Takes the labels for each other."""

    def predict(self, pixels: Pixels) -> Probabilities:
        return super().predict(pixels)[:, ::-1]


@contextmanager
def computing(*replicas: Replica) -> Iterator[None]:
    """Let replicas be busy, until the block ends, with what they are given in it."""
    for replica in replicas:
        replica.gate.clear()
    try:
        yield
    finally:
        for replica in replicas:
            replica.gate.set()


def test_together_they_are_described_as_one_engine() -> None:
    one, other = Replica("gpu:0"), Replica("gpu:1")
    one.tolerance, other.tolerance = 1e-4, 5e-3
    one.batch_sizes, other.batch_sizes = (1, 2, 4, 8, 16), (1, 2, 4, 8)
    engine: Engine = Replicas([one, other])
    assert (engine.name, engine.device, engine.precision, engine.lanes) == ("fake", "gpu:0,gpu:1", "f32", 2)
    assert engine.tolerance == 5e-3
    assert engine.batch_sizes == (1, 2, 4, 8)


def test_calls_at_the_same_time_are_computed_by_different_replicas() -> None:
    replicas = [Replica(f"gpu:{number}") for number in range(3)]
    engine = Replicas(replicas)
    with ThreadPoolExecutor(3) as pool, computing(*replicas):
        answers = [pool.submit(engine.predict, PIXELS[at : at + 1]) for at in range(3)]
        assert all(replica.begun.wait(10) for replica in replicas)
    assert (np.concatenate([answer.result() for answer in answers]) == brightness(PIXELS)).all()
    assert [replica.batches for replica in replicas] == [[1], [1], [1]]


def test_a_call_takes_the_replica_that_is_free() -> None:
    busy, free = Replica("gpu:0"), Replica("gpu:1")
    engine = Replicas([busy, free])
    with ThreadPoolExecutor(1) as pool, computing(busy):
        waiting = pool.submit(engine.predict, PIXELS)
        assert busy.begun.wait(10)
        for _ in range(3):
            engine.predict(PIXELS)
    assert free.batches == [3, 3, 3]
    assert (waiting.result() == brightness(PIXELS)).all()


def test_a_replica_that_fails_does_not_stay_taken() -> None:
    replicas = [Replica("gpu:0", fails_on=100), Replica("gpu:1", fails_on=100)]
    engine = Replicas(replicas)
    for _ in range(4):
        with pytest.raises(RuntimeError, match="as it was told to"):
            engine.predict(PIXELS)
    for _ in range(2):
        assert (engine.predict(PIXELS[:1]) == brightness(PIXELS[:1])).all()
    assert [replica.batches for replica in replicas] == [[3, 3, 1], [3, 3, 1]]


async def test_the_batcher_keeps_every_replica_busy() -> None:
    replicas = [Replica("gpu:0"), Replica("gpu:1")]
    engine = Replicas(replicas)
    batcher = Batcher(engine, max_waiting=10)
    with computing(*replicas):
        answers = [bring(batcher, image) for image in PIXELS]
        for replica in replicas:
            assert await asyncio.to_thread(replica.begun.wait, 10)
    assert (np.stack([(await answer).probabilities for answer in answers]) == brightness(PIXELS)).all()
    await batcher.close()


def test_golden_samples_are_replayed_on_every_replica() -> None:
    golden = Golden(PIXELS, brightness(PIXELS))
    replicas = [Replica("gpu:0"), Replica("gpu:1")]
    replay_golden(Replicas(replicas), golden)
    assert [replica.batches for replica in replicas] == [[1, 1, 1, 2, 2, 4, 8]] * 2
    with pytest.raises(GoldenMismatch):
        replay_golden(Replicas([Replica("gpu:0"), WrongReplica("gpu:1")]), golden)


def test_closing_closes_every_replica() -> None:
    replicas = [Replica("gpu:0"), Replica("gpu:1")]
    Replicas(replicas).close()
    assert all(replica.is_closed for replica in replicas)


def test_one_device_needs_no_replicas() -> None:
    assert isinstance(replicate(Replica, ["cpu"]), Replica)


def test_a_version_is_loaded_once_for_each_device_and_stays_open() -> None:
    loaded: list[Replica] = []

    def load(device: str) -> Engine:
        loaded.append(Replica(device))
        return loaded[-1]

    engine = replicate(load, ["gpu:0", "gpu:1", "gpu:2"])
    assert engine.device == "gpu:0,gpu:1,gpu:2"
    assert [replica.device for replica in loaded] == ["gpu:0", "gpu:1", "gpu:2"]
    assert not any(replica.is_closed for replica in loaded)


def test_when_one_cannot_be_loaded_those_that_were_are_closed() -> None:
    loaded: list[Replica] = []

    def load(device: str) -> Engine:
        if device == "gpu:2":
            raise EngineError("the third one does not load")
        loaded.append(Replica(device))
        return loaded[-1]

    with pytest.raises(EngineError, match="the third one"):
        replicate(load, ["gpu:0", "gpu:1", "gpu:2"])
    assert [replica.is_closed for replica in loaded] == [True, True]
