"""Which engine and which precision are chosen: by what is installed, what is asked for and what was measured."""

import importlib.util
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from app.errors import DeviceMissing, EngineMissing, GoldenMismatch, PrecisionMissing, VersionUnloadable
from app.inference.engines import loading, openvino, tensorflow
from app.settings import Settings
from model_store.errors import VersionCorrupt
from model_store.manifest import Manifest
from model_store.precision import MeasuredPrecision, Precision
from model_store.store import StoredVersion
from tests.support.fakes import FakeEngine, publish

PERFECT = MeasuredPrecision(
    engine="openvino 2026.4",
    images=100,
    accuracy=0.9,
    accuracy_f32=0.9,
    calibration_error=0.02,
    calibration_error_f32=0.02,
    agreement=1,
    largest_difference=0.01,
)
INACCURATE = PERFECT.model_copy(update={"accuracy": 0.89})


class FakeTensorFlow(FakeEngine):
    """Stands for the TensorFlow engine on one device."""

    def __init__(self, directory: Path, manifest: Manifest, *, device: str, max_batch_size: int, threads: int) -> None:
        super().__init__()
        del directory, manifest, max_batch_size, threads
        self.device = device


@pytest.fixture
def stored(tmp_path: Path) -> StoredVersion:
    return publish(tmp_path)


@pytest.fixture
def installed(monkeypatch: pytest.MonkeyPatch) -> set[str]:
    """Return the engines that seem to be installed, to be changed by the test; there seems to be no GPU."""
    names = {"openvino", "tensorflow"}
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: name if name in names else None)
    monkeypatch.setattr(loading, "has_gpu_driver", lambda: False)
    return names


def manifest_with(tmp_path: Path, **precisions: MeasuredPrecision) -> Manifest:
    return publish(tmp_path).manifest.model_copy(update={"precisions": precisions})


@pytest.mark.usefixtures("installed")
def test_on_a_cpu_auto_is_openvino() -> None:
    assert loading.choose_engine(Settings()) == "openvino"
    assert loading.choose_engine(Settings(device="cpu")) == "openvino"


@pytest.mark.usefixtures("installed")
@pytest.mark.parametrize("device", ["gpu", "gpu:1"])
def test_a_gpu_is_tensorflows(device: str) -> None:
    assert loading.choose_engine(Settings(device=device)) == "tensorflow"


@pytest.mark.usefixtures("installed")
def test_where_there_is_a_gpu_auto_is_tensorflow(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loading, "has_gpu_driver", lambda: True)
    assert loading.choose_engine(Settings()) == "tensorflow"
    assert loading.choose_engine(Settings(device="cpu")) == "openvino"
    assert loading.choose_engine(Settings(engine="openvino")) == "openvino"


@pytest.mark.parametrize("only", ["openvino", "tensorflow"])
def test_auto_takes_what_there_is(installed: set[str], only: str) -> None:
    installed &= {only}
    assert loading.choose_engine(Settings()) == only
    assert loading.choose_engine(Settings(device="gpu")) == only


@pytest.mark.parametrize("wanted", ["auto", "openvino", "tensorflow"])
def test_an_engine_that_is_not_installed_is_an_error_that_says_how(installed: set[str], wanted: str) -> None:
    installed.clear()
    with pytest.raises(EngineMissing, match="is not installed here") as caught:
        loading.choose_engine(Settings(engine=wanted))
    assert "pip install" in str(caught.value.hint)


@pytest.mark.parametrize(
    ("measured", "has_bf16", "chosen"),
    [
        ({}, True, "f32"),
        ({"bf16": PERFECT}, True, "bf16"),
        ({"bf16": PERFECT}, False, "f32"),
        ({"bf16": INACCURATE}, True, "f32"),
        ({"bf16": PERFECT, "int8": PERFECT}, True, "int8"),
        ({"bf16": PERFECT, "int8": PERFECT}, False, "int8"),
        ({"bf16": PERFECT, "int8": INACCURATE}, True, "bf16"),
    ],
)
def test_auto_takes_the_fastest_precision_that_keeps_the_accuracy(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    measured: dict[str, MeasuredPrecision],
    *,
    has_bf16: bool,
    chosen: Precision,
) -> None:
    monkeypatch.setattr(openvino, "has_bf16", lambda: has_bf16)
    assert loading.choose_precision(manifest_with(tmp_path, **measured)) == chosen


def test_a_precision_that_is_asked_for_and_missing_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(openvino, "has_bf16", lambda: False)
    with pytest.raises(PrecisionMissing, match="this processor computes in f32 only"):
        openvino.check_precision("bf16", manifest_with(tmp_path))
    with pytest.raises(PrecisionMissing, match="version 2 of shades has no such variant") as caught:
        openvino.check_precision("int8", manifest_with(tmp_path))
    assert "--precision f32" in str(caught.value.hint)


@pytest.mark.parametrize(
    ("change", "keeps"),
    [
        ({}, True),
        ({"accuracy": 0.8971}, True),
        ({"accuracy": 0.8969}, False),
        ({"calibration_error": 0.0299}, True),
        ({"calibration_error": 0.0301}, False),
        ({"accuracy": 0.95, "calibration_error": 0.0}, True),
    ],
)
def test_the_margins_are_a_third_of_a_point_and_a_hundredth(change: dict[str, float], *, keeps: bool) -> None:
    assert PERFECT.model_copy(update=change).keeps_accuracy is keeps


@pytest.mark.parametrize(
    ("wanted", "gpus", "devices"),
    [
        ("auto", 0, ["cpu"]),
        ("auto", 1, ["gpu:0"]),
        ("auto", 2, ["gpu:0", "gpu:1"]),
        ("cpu", 0, ["cpu"]),
        ("cpu", 1, ["cpu"]),
        ("cpu", 2, ["cpu"]),
        ("gpu", 0, None),
        ("gpu", 1, ["gpu:0"]),
        ("gpu", 2, ["gpu:0", "gpu:1"]),
        ("gpu:1", 0, None),
        ("gpu:1", 1, None),
        ("gpu:1", 2, ["gpu:1"]),
        ("gpu:5", 0, None),
        ("gpu:5", 1, None),
        ("gpu:5", 2, None),
    ],
)
def test_tensorflow_loads_a_version_once_for_each_gpu_that_is_wanted(
    stored: StoredVersion, monkeypatch: pytest.MonkeyPatch, wanted: str, gpus: int, devices: list[str] | None
) -> None:
    visible = [f"gpu:{number}" for number in range(gpus)]
    monkeypatch.setattr(tensorflow, "visible_gpus", lambda: visible)
    monkeypatch.setattr(tensorflow, "TensorFlowEngine", FakeTensorFlow)
    settings = Settings(engine="tensorflow", device=wanted)
    if devices is None:
        seen = ", ".join(["cpu", *visible])
        with pytest.raises(DeviceMissing, match=f"device '{wanted}' does not exist; TensorFlow sees {seen}"):
            loading.load_engine(stored, settings)
    else:
        engine = loading.load_engine(stored, settings)
        assert (engine.device, engine.lanes) == (",".join(devices), len(devices))


@pytest.mark.parametrize("claimed", [{"labels": ("a", "b", "c")}, {"size": 16}])
def test_golden_samples_are_of_the_versions_input_and_labels(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, claimed: dict[str, Any]
) -> None:
    monkeypatch.setattr(loading, "_tensorflow", lambda *_: FakeEngine())
    with pytest.raises(VersionCorrupt, match=r"golden\.npz holds pixels \(8, 8, 3\) and 2 probabilities"):
        loading.load_engine(publish(tmp_path, **claimed), Settings(engine="tensorflow"))


def test_an_engine_that_does_not_prove_itself_is_closed(stored: StoredVersion, monkeypatch: pytest.MonkeyPatch) -> None:
    engine = FakeEngine()
    monkeypatch.setattr(engine, "predict", lambda pixels: np.full((len(pixels), 3), 1 / 3, np.float32))
    monkeypatch.setattr(loading, "_tensorflow", lambda *_: engine)
    with pytest.raises(GoldenMismatch):
        loading.load_engine(stored, Settings(engine="tensorflow"))
    assert engine.is_closed


@pytest.mark.parametrize("error", [RuntimeError("no such operation\n  at 0x1"), KeyError("output"), ValueError()])
def test_whatever_a_library_raises_is_an_engines_error(
    stored: StoredVersion, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    def fail(*_: object) -> FakeEngine:
        raise error

    monkeypatch.setattr(loading, "_tensorflow", fail)
    with pytest.raises(VersionUnloadable, match=r"'tensorflow' cannot load .*shades/1: .+") as caught:
        loading.load_engine(stored, Settings(engine="tensorflow"))
    assert caught.value.__cause__ is error
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("error", [MemoryError(), ImportError("no libstdc++")])
def test_what_is_not_the_versions_fault_is_not_called_so(
    stored: StoredVersion, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    def fail(*_: object) -> FakeEngine:
        raise error

    monkeypatch.setattr(loading, "_tensorflow", fail)
    with pytest.raises(type(error)):
        loading.load_engine(stored, Settings(engine="tensorflow"))
