"""Which function may touch files: only one that nothing but the saver calls. TensorFlow's own files: tests/tf."""

from typing import Any

from app.inference.engines.graph_check import CHECKPOINT_OPS, COMPUTE_OPS, VARIABLE_OPS, _refused
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


def graph(nodes: list[Fields], *functions: Fields) -> Any:  # noqa: ANN401  a protocol buffer
    saver = {"save_tensor_name": "save:0", "restore_op_name": "restore"}
    fields = {"graph_def": {"node": nodes, "functions": {"function": list(functions)}}, "saver_def": saver}
    return SavedModel(meta_graphs=[fields]).meta_graphs[0]


SAVER = [node("StatefulPartitionedCall", "save", f=calls("saving"))]


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
