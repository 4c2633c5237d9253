"""Only a function that nothing but the saver can reach may touch files. TensorFlow's own files: tests/tf."""

from pathlib import Path
from typing import Any

import pytest

from app.errors import GraphRefused
from app.inference.engines.graph_check import CHECKPOINT_OPS, COMPUTE_OPS, VARIABLE_OPS, _refused, check_graph
from app.inference.engines.saved_model import SavedModel

Fields = dict[str, Any]
"""Of a message."""


def calls(name: str) -> Fields:
    return {"func": {"name": name}}


def mentions(name: str) -> Fields:
    return {"list": {"func": [{"name": name}]}}


def node(op: str, name: str = "n", **attributes: Fields) -> Fields:
    return {"op": op, "name": name, "attr": [{"key": key, "value": value} for key, value in attributes.items()]}


def function(name: str, *nodes: Fields) -> Fields:
    return {"signature": {"name": name}, "node_def": list(nodes)}


def graph(nodes: list[Fields], *functions: Fields, **more: Any) -> Any:  # noqa: ANN401  protocol buffers
    saver = {"save_tensor_name": "save:0", "restore_op_name": "restore"}
    library = {"function": list(functions), **more.pop("library", {})}
    fields = {"graph_def": {"node": nodes, "functions": library}, "saver_def": saver, **more}
    return SavedModel(meta_graphs=[fields]).meta_graphs[0]


SAVER = [node("StatefulPartitionedCall", "save", f=calls("saving"))]
SAVING = function("saving", node("SaveV2"))


def test_what_an_image_classifier_computes_with_is_allowed() -> None:
    layers = function("layers", node("Conv2D"), node("ReadVariableOp"), node("Softmax"))
    assert _refused(graph([node("Placeholder"), node("VarHandleOp")], layers)) == set()


def test_an_operation_that_reads_files_is_refused_in_the_graph_and_in_functions() -> None:
    assert _refused(graph([node("ReadFile")])) == {"ReadFile"}
    assert _refused(graph([], function("layers", node("PyFunc"), node("MatMul")))) == {"PyFunc"}


def test_saving_may_write_files() -> None:
    assert _refused(graph(SAVER, function("saving", node("SaveV2"), node("ShardedFilename")))) == set()


def test_saving_may_do_nothing_else() -> None:
    assert _refused(graph(SAVER, function("saving", node("WriteFile")))) == {"WriteFile"}


def test_what_another_node_calls_as_well_is_no_saving_function() -> None:
    saving = function("saving", node("SaveV2"))
    assert _refused(graph([*SAVER, node("PartitionedCall", f=calls("saving"))], saving)) == {"SaveV2"}
    assert _refused(graph(SAVER, saving, function("f", node("PartitionedCall", f=calls("saving"))))) == {"SaveV2"}
    assert _refused(graph([*SAVER, node("PartitionedCall", f=mentions("saving"))], saving)) == {"SaveV2"}


def test_the_saver_itself_may_not_touch_files_outside_its_function() -> None:
    assert _refused(graph([node("SaveV2", "save")])) == {"SaveV2"}


def test_no_operation_that_touches_files_is_among_those_that_compute() -> None:
    assert not CHECKPOINT_OPS & (COMPUTE_OPS | VARIABLE_OPS)


def test_of_two_attributes_with_one_name_both_are_seen() -> None:
    saving = function("saving", node("SaveV2"))
    twice = {"op": "PartitionedCall", "attr": [{"key": "f", "value": calls(name)} for name in ("saving", "other")]}
    assert _refused(graph([*SAVER, twice], saving, function("other"))) == {"SaveV2"}


@pytest.mark.parametrize(
    "objects",
    [
        {"nodes": [{"bare_concrete_function": {"concrete_function_name": "saving"}}]},
        {"nodes": [{"function": {"concrete_functions": ["layers", "saving"]}}]},
        {"nodes": [{"captured_tensor": {"concrete_function": "saving"}}]},
        {"concrete_functions": [{"key": "saving"}]},
    ],
)
def test_what_the_objects_name_is_no_saving_function(objects: Fields) -> None:
    assert _refused(graph(SAVER, SAVING)) == set()
    assert _refused(graph(SAVER, SAVING, object_graph_def=objects)) == {"SaveV2"}


def test_the_saver_has_one_function_only() -> None:
    saver = node("StatefulPartitionedCall", "save", f=calls("other"), also=calls("saving"))
    assert _refused(graph([saver], SAVING, function("other"))) == {"SaveV2"}


def test_a_function_that_is_named_like_an_operation_is_called_by_it() -> None:
    saver = node("StatefulPartitionedCall", "save", f=calls("Relu"))
    assert _refused(graph([saver], function("Relu", node("SaveV2")))) == set()
    assert _refused(graph([saver], function("Relu", node("SaveV2")), function("layers", node("Relu")))) == {"SaveV2"}
    assert _refused(graph([saver, node("Relu")], function("Relu", node("SaveV2")))) == {"SaveV2"}


def test_a_function_that_stands_in_for_another_is_no_saving_function() -> None:
    saving = {**SAVING, "attr": [{"key": "api_implements", "value": {}}]}
    assert _refused(graph(SAVER, saving)) == {"SaveV2"}
    assert _refused(graph(SAVER, {**SAVING, "attr": [{"key": "_input_shapes", "value": {}}]})) == set()


@pytest.mark.parametrize("field", ["gradient", "registered"])
def test_a_gradient_is_no_saving_function(field: str) -> None:
    assert _refused(graph(SAVER, SAVING, library={field: [{"gradient_func": "saving"}]})) == {"SaveV2"}


def test_a_function_that_is_passed_on_to_another_is_no_saving_function() -> None:
    passed = {"func": {"name": "layers", "attr": [{"key": "f", "value": calls("saving")}]}}
    assert _refused(graph([*SAVER, node("PartitionedCall", f=passed)], SAVING, function("layers"))) == {"SaveV2"}


@pytest.mark.parametrize("needed", ["save", "save:1", "^save"])
def test_a_node_that_others_need_is_no_savers(needed: str) -> None:
    assert _refused(graph([*SAVER, {**node("Identity"), "input": [needed]}], SAVING)) == {"SaveV2"}


@pytest.mark.parametrize("side", ["inputs", "outputs"])
def test_a_node_that_is_served_is_no_savers(side: str) -> None:
    served = [{"key": "serving_default", "value": {side: [{"value": {"name": "save:0"}}]}}]
    assert _refused(graph(SAVER, SAVING, signature_def=served)) == {"SaveV2"}


@pytest.mark.parametrize("graphs", [[{}], [{"object_graph_def": {"nodes": [{}]}}] * 2])
def test_what_tensorflow_would_load_as_version_1_is_refused(tmp_path: Path, graphs: list[Fields]) -> None:
    (tmp_path / "saved_model.pb").write_bytes(SavedModel(meta_graphs=graphs).SerializeToString())
    with pytest.raises(GraphRefused, match="one graph with its objects"):
        check_graph(tmp_path)
