"""The OpenVINO engine computes what Keras computes, in both of its modes, in batches and alone."""

import os
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import keras
import numpy as np
import pytest

from app.concurrency import NICENESS
from app.errors import DeviceMissing, GoldenMismatch, GraphRefused, PrecisionMissing
from app.inference.engines.base import Predict
from app.inference.engines.loading import load_engine
from app.inference.engines.openvino import OpenVinoEngine, has_bf16
from app.inference.engines.proof import replay_golden
from app.settings import Settings, cores
from model_store.images.pixels import Pixels
from model_store.storage.golden import Golden, save_golden
from model_store.store import ModelStore, StoredVersion
from tests.support.fakes import describe
from tests.tf.app.conftest import export


def test_both_ways_answer_as_keras(stored: StoredVersion, network: keras.Model, pixels: Pixels) -> None:
    engine = OpenVinoEngine(stored.directory, stored.manifest, threads=2)
    expected = np.asarray(network(pixels, training=False))
    assert engine.batch_sizes == (1,)
    assert engine.lanes == 2
    for predict in (engine.predict, engine.predict_in_background, *engine.ways()):
        answers = np.concatenate([predict(one[np.newaxis]) for one in pixels])
        assert answers.dtype == np.float32
        assert np.abs(answers - expected).max() < 1e-6


@pytest.mark.parametrize("threads", [1, 2, 3])
def test_many_callers_at_once_get_each_his_own_answer(
    stored: StoredVersion, network: keras.Model, pixels: Pixels, threads: int
) -> None:
    engine = OpenVinoEngine(stored.directory, stored.manifest, threads=threads)
    chosen = np.random.default_rng(0).integers(0, len(pixels), 400)
    with ThreadPoolExecutor(threads) as pool:
        answers = np.concatenate([*pool.map(lambda at: engine.predict(pixels[at : at + 1]), chosen)])
    assert np.abs(answers - np.asarray(network(pixels, training=False))[chosen]).max() < 1e-6


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux has a priority for each thread")
def test_background_images_are_computed_at_the_lowest_priority(stored: StoredVersion, pixels: Pixels) -> None:
    engine = OpenVinoEngine(stored.directory, stored.manifest, threads=2)
    assert not computing_threads(engine.predict, pixels) & stepped_back()
    background = computing_threads(engine.predict_in_background, pixels)
    assert background
    assert background <= stepped_back()


def computing_threads(predict: Predict, pixels: Pixels) -> set[int]:
    """Return the threads, beside this one, that a second of computing keeps busy."""
    before = {thread: computed_ns(thread) for thread in threads()}
    end = time.monotonic() + 1
    while time.monotonic() < end:
        for one in pixels:
            predict(one[np.newaxis])
    busy = {thread for thread in threads() if computed_ns(thread) - before.get(thread, 0) > 10e6}
    return busy - {threading.get_native_id()}


def threads() -> list[int]:
    return [int(path.name) for path in Path("/proc/self/task").iterdir()]


def stepped_back() -> set[int]:
    return {thread for thread in threads() if os.getpriority(os.PRIO_PROCESS, thread) == NICENESS}


def computed_ns(thread: int) -> int:
    """Return the nanoseconds that a thread has computed."""
    return int(Path(f"/proc/self/task/{thread}/schedstat").read_text().split()[0])


def test_an_answer_is_the_callers_own(stored: StoredVersion, pixels: Pixels) -> None:
    engine = OpenVinoEngine(stored.directory, stored.manifest, threads=1)
    first = engine.predict(pixels[:1])
    kept = first.copy()
    engine.predict(pixels[1:2])
    assert (first == kept).all()


def test_it_is_what_auto_loads_on_a_cpu(stored: StoredVersion) -> None:
    engine = load_engine(stored, Settings(device="cpu"))
    assert (engine.name, engine.device, engine.precision, engine.lanes) == ("openvino", "cpu", "f32", cores())


@pytest.mark.skipif(not has_bf16(), reason="this processor has no bfloat16")
def test_bfloat16_is_near_and_is_not_float32(stored: StoredVersion, network: keras.Model, pixels: Pixels) -> None:
    engine = load_engine(stored, Settings(engine="openvino", precision="bf16"))
    answers = np.concatenate([engine.predict(one[np.newaxis]) for one in pixels])
    difference = np.abs(answers - np.asarray(network(pixels, training=False))).max()
    assert 1e-6 < difference < 0.02


def test_other_golden_samples_are_refused(network: keras.Model, pixels: Pixels, tmp_path: Path) -> None:
    with ModelStore(tmp_path).stage("noise") as staging:
        export(network, staging.directory)
        other = np.asarray(network(pixels[:5], training=False)) + np.float32(0.01)
        save_golden(staging.directory, Golden(pixels[:5], other))
        stored = staging.publish(describe())
    with pytest.raises(GoldenMismatch, match="is off by"):
        load_engine(stored, Settings(engine="openvino"))


def test_a_way_that_answers_wrongly_is_found_though_predict_does_not_take_it(
    stored: StoredVersion, pixels: Pixels, network: keras.Model
) -> None:
    class OneWayIsOff(OpenVinoEngine):
        def ways(self):  # type: ignore[no-untyped-def]
            right, _ = super().ways()
            return right, lambda given: right(given) + np.float32(0.01)

    engine = OneWayIsOff(stored.directory, stored.manifest, threads=2)
    with pytest.raises(GoldenMismatch):
        replay_golden(engine, Golden(pixels[:2], np.asarray(network(pixels[:2], training=False))))


def test_a_gpu_is_not_its_device(stored: StoredVersion) -> None:
    with pytest.raises(DeviceMissing, match="device 'gpu' does not exist; OpenVINO sees cpu"):
        load_engine(stored, Settings(engine="openvino", device="gpu"))


def test_int8_needs_a_variant(stored: StoredVersion) -> None:
    with pytest.raises(PrecisionMissing, match="has no such variant"):
        load_engine(stored, Settings(engine="openvino", precision="int8"))


def test_the_graph_is_checked_before_it_is_read(tmp_path: Path, stored: StoredVersion) -> None:
    (tmp_path / "saved_model.pb").write_bytes(b"\xff" * 10)
    with pytest.raises(GraphRefused):
        OpenVinoEngine(tmp_path, stored.manifest, threads=1)
