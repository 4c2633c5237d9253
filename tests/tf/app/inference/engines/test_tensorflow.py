"""The engine computes what Keras computes, on the device asked for, and refuses what is not a classifier."""

import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf
from tensorflow.core.protobuf.saved_model_pb2 import SavedModel
from tensorflow.core.protobuf.saved_object_graph_pb2 import SavedObjectGraph

from app.errors import DeviceMissing, GoldenMismatch, GraphRefused
from app.inference.engines import graph_check, saved_model
from app.inference.engines.graph_check import check_graph
from app.inference.engines.loading import load_engine
from app.inference.engines.replicas import Replicas
from app.inference.engines.tensorflow import TensorFlowEngine, describe_devices, powers_of_two, visible_gpus
from app.settings import Settings
from model_store.images.pixels import Pixels
from model_store.storage.golden import Golden, save_golden
from model_store.store import ModelStore, StoredVersion
from tests.support.fakes import describe

ROOT = Path(__file__).parents[5]
GPUS = tf.config.list_physical_devices("GPU")


def test_the_frozen_graph_answers_as_keras_at_every_batch_size(
    stored: StoredVersion, network: keras.Model, pixels: Pixels
) -> None:
    engine = TensorFlowEngine(stored.directory, stored.manifest, device="cpu", max_batch_size=16)
    expected = np.asarray(network(pixels, training=False))
    for size in engine.batch_sizes:
        assert np.abs(engine.predict(pixels[:size]) - expected[:size]).max() < 1e-6
        assert engine.predict(pixels[:size]).dtype == np.float32


def test_no_variable_is_left_in_the_frozen_graph(stored: StoredVersion) -> None:
    engine = TensorFlowEngine(stored.directory, stored.manifest, device="cpu")
    assert engine._function is not None
    operations = {operation.type for operation in engine._function.graph.get_operations()}
    assert "Conv2D" in operations
    assert not operations & {"ReadVariableOp", "VarHandleOp"}


def test_loading_replays_the_golden_samples(stored: StoredVersion) -> None:
    engine = load_engine(stored, Settings(engine="tensorflow", device="cpu", max_batch_size=8))
    assert (engine.name, engine.device, engine.batch_sizes) == ("tensorflow", "cpu", (1, 2, 4, 8))


def test_a_model_with_other_golden_samples_is_refused(network: keras.Model, pixels: Pixels, tmp_path: Path) -> None:
    from tests.tf.app.conftest import export

    with ModelStore(tmp_path).stage("noise") as staging:
        export(network, staging.directory)
        other = np.asarray(network(pixels[:5], training=False)) + np.float32(0.01)
        save_golden(staging.directory, Golden(pixels[:5], other))
        stored = staging.publish(describe())
    with pytest.raises(GoldenMismatch, match="is off by"):
        load_engine(stored, Settings(engine="tensorflow", device="cpu"))


def test_the_graph_of_a_real_network_passes(stored: StoredVersion) -> None:
    check_graph(stored.directory)
    assert (stored.directory / "variables").is_dir()  # which is saved by operations that touch files


def test_our_reading_of_the_file_finds_what_tensorflows_own_finds(stored: StoredVersion) -> None:
    content = (stored.directory / "saved_model.pb").read_bytes()
    ours, theirs = saved_model.SavedModel.FromString(content), SavedModel.FromString(content)
    assert len(ours.meta_graphs) == len(theirs.meta_graphs) == 1
    one, other = ours.meta_graphs[0], theirs.meta_graphs[0]
    assert one.saver_def.save_tensor_name == other.saver_def.save_tensor_name != ""
    assert one.saver_def.restore_op_name == other.saver_def.restore_op_name != ""
    assert names(one.graph_def.node) == names(other.graph_def.node)
    functions = {function.signature.name: names(function.node_def) for function in one.graph_def.functions.function}
    assert functions == {f.signature.name: names(f.node_def) for f in other.graph_def.library.function}
    called = {entry.value.func.name for node in one.graph_def.node for entry in node.attr}
    assert called == {value.func.name for node in other.graph_def.node for value in node.attr.values()}
    assert len(called) > 1
    assert graph_check._named_by_objects(one.object_graph_def) == named_by_objects(other.object_graph_def)


def named_by_objects(objects: SavedObjectGraph) -> set[str]:
    bare = {node.bare_concrete_function.concrete_function_name for node in objects.nodes}
    return {
        *objects.concrete_functions,
        *bare,
        *(n for node in objects.nodes for n in node.function.concrete_functions),
    }


def names(nodes: Iterable[Any]) -> list[tuple[str, str]]:
    return [(node.name, node.op) for node in nodes]


def test_a_graph_that_reads_a_file_is_refused_before_it_is_loaded(tmp_path: Path) -> None:
    class Spy(tf.Module):  # type: ignore[misc]
        @tf.function(input_signature=[tf.TensorSpec((None,), tf.string)])  # type: ignore[untyped-decorator]
        def read(self, path: tf.Tensor) -> tf.Tensor:
            return tf.map_fn(tf.io.read_file, path)

    tf.saved_model.save(Spy(), tmp_path)
    with pytest.raises(GraphRefused, match="ReadFile"):
        check_graph(tmp_path)


def test_a_graph_that_writes_a_checkpoint_of_its_own_is_refused(tmp_path: Path) -> None:
    class Writer(tf.Module):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__()
            self.weight = tf.Variable(1.0)

        @tf.function(input_signature=[tf.TensorSpec((), tf.float32)])  # type: ignore[untyped-decorator]
        def write(self, value: tf.Tensor) -> tf.Tensor:
            tf.raw_ops.SaveV2(prefix="stolen", tensor_names=["w"], shape_and_slices=[""], tensors=[self.weight + value])
            return value

    tf.saved_model.save(Writer(), tmp_path)
    with pytest.raises(GraphRefused, match="SaveV2"):
        check_graph(tmp_path)


def test_a_graph_whose_objects_serve_its_saver_is_refused(stored: StoredVersion, tmp_path: Path) -> None:
    changed = SavedModel.FromString((stored.directory / "saved_model.pb").read_bytes())
    functions = changed.meta_graphs[0].graph_def.library.function
    saving = next(function.signature.name for function in functions if "traced_save" in function.signature.name)
    for node in changed.meta_graphs[0].object_graph_def.nodes:
        if node.WhichOneof("kind") == "bare_concrete_function":
            node.bare_concrete_function.concrete_function_name = saving
    (tmp_path / "saved_model.pb").write_bytes(changed.SerializeToString())
    with pytest.raises(GraphRefused, match="SaveV2"):
        check_graph(tmp_path)


def test_a_function_cannot_hide_behind_another_of_its_name(tmp_path: Path) -> None:
    saved_model = SavedModel()
    library = saved_model.meta_graphs.add().graph_def.library
    for operation in ("ReadFile", "Relu"):
        function = library.function.add()
        function.signature.name = "twin"
        function.node_def.add().op = operation
    (tmp_path / "saved_model.pb").write_bytes(saved_model.SerializeToString())
    with pytest.raises(GraphRefused, match="ReadFile"):
        check_graph(tmp_path)


@pytest.mark.parametrize("garbage", [b"", b"\xff" * 100, b"no protocol buffer at all"])
def test_a_file_that_is_no_saved_model_is_refused(tmp_path: Path, garbage: bytes) -> None:
    (tmp_path / "saved_model.pb").write_bytes(garbage)
    with pytest.raises(GraphRefused):
        check_graph(tmp_path)


@pytest.mark.skipif(bool(GPUS), reason="there is a GPU here")
@pytest.mark.parametrize("wanted", ["gpu", "gpu:0", "gpu:7"])
def test_a_gpu_that_is_asked_for_and_missing_is_an_error(stored: StoredVersion, wanted: str) -> None:
    with pytest.raises(DeviceMissing, match=f"device '{wanted}' does not exist; TensorFlow sees cpu"):
        load_engine(stored, Settings(engine="tensorflow", device=wanted))


@pytest.mark.skipif(bool(GPUS), reason="there is a GPU here")
def test_without_a_gpu_auto_is_the_cpu(stored: StoredVersion) -> None:
    assert load_engine(stored, Settings(engine="tensorflow")).device == "cpu"
    assert visible_gpus() == []
    assert describe_devices() == ["cpu"]


@pytest.mark.gpu
@pytest.mark.skipif(not GPUS, reason="TensorFlow sees no GPU here")
def test_every_gpu_reproduces_the_golden_samples(stored: StoredVersion) -> None:
    engine = load_engine(stored, Settings(engine="tensorflow", device="gpu"))
    assert engine.device == ",".join(visible_gpus())
    assert engine.lanes == len(GPUS)
    assert all(tf.config.experimental.get_memory_growth(gpu) for gpu in GPUS)


@pytest.mark.gpu
@pytest.mark.skipif(len(GPUS) < 2, reason="TensorFlow sees no two GPUs here")
def test_on_each_of_several_gpus_lies_a_model(stored: StoredVersion) -> None:
    engine = load_engine(stored, Settings(engine="tensorflow"))
    assert isinstance(engine, Replicas)
    for replica in engine._engines:
        assert isinstance(replica, TensorFlowEngine)
        placed = {variable.device.rpartition("device:")[2] for variable in replica._function.variables}
        assert placed == {replica.device.upper()}


TWO_DEVICES = """
import sys
from pathlib import Path

import tensorflow as tf

(cpu,) = tf.config.list_physical_devices("CPU")
tf.config.set_logical_device_configuration(cpu, [tf.config.LogicalDeviceConfiguration()] * 2)

from app.inference.engines import tensorflow
from app.inference.engines.loading import load_engine
from app.settings import Settings
from model_store.store import ModelStore

tensorflow.visible_gpus = lambda: ["cpu:0", "cpu:1"]
engine = load_engine(ModelStore(Path(sys.argv[1])).open("noise", 1), Settings(engine="tensorflow"))
placed = [{variable.device[-5:] for variable in replica._function.variables} for replica in engine._engines]
print(engine.device, engine.lanes, placed)
"""
"""A processor split into two devices, which TensorFlow allows once in a process, before its first operation."""


def test_the_replicas_of_two_devices_lie_on_a_device_each(stored: StoredVersion) -> None:
    store = stored.directory.parents[1]
    done = subprocess.run(
        [sys.executable, "-c", TWO_DEVICES, str(store)], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.stdout == "cpu:0,cpu:1 2 [{'CPU:0'}, {'CPU:1'}]\n", done.stderr


def test_a_batch_that_is_too_large_for_the_memory_is_computed_in_halves(
    stored: StoredVersion, network: keras.Model, pixels: Pixels
) -> None:
    engine = TensorFlowEngine(stored.directory, stored.manifest, device="cpu")
    frozen, sizes = engine._function, []
    assert frozen is not None

    def hungry(tensor: tf.Tensor) -> Any:  # noqa: ANN401  what an untyped function returns
        sizes.append(len(tensor))
        if len(tensor) > 4:
            raise tf.errors.ResourceExhaustedError(None, None, "OOM when allocating tensor")
        return frozen(tensor)

    engine._function = hungry
    expected = np.asarray(network(pixels, training=False))
    for _ in range(2):
        assert np.abs(engine.predict(pixels) - expected).max() < 1e-6
    assert sizes == [16, 8, *[4] * 4, *[4] * 4]


def test_batch_sizes_are_powers_of_two_up_to_the_most() -> None:
    assert powers_of_two(1) == (1,)
    assert powers_of_two(20) == (1, 2, 4, 8, 16)
