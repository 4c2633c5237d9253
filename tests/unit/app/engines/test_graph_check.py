"""Which function may touch files: only one that nothing but the saver calls. The real file is read in tests/tf."""

from types import SimpleNamespace

from app.engines.graph_check import CHECKPOINT_OPS, COMPUTE_OPS, VARIABLE_OPS, _refused


class _Value(SimpleNamespace):
    def HasField(self, name: str) -> bool:  # noqa: N802  as protocol buffers spell it
        return name == "func" and self.func is not None


def calls(name: str) -> _Value:
    return _Value(func=SimpleNamespace(name=name), list=SimpleNamespace(func=[]))


def mentions(name: str) -> _Value:
    return _Value(func=None, list=SimpleNamespace(func=[SimpleNamespace(name=name)]))


def node(op: str, name: str = "n", **attributes: _Value) -> SimpleNamespace:
    return SimpleNamespace(op=op, name=name, attr=attributes)


def function(name: str, *nodes: SimpleNamespace) -> SimpleNamespace:
    return SimpleNamespace(signature=SimpleNamespace(name=name), node_def=list(nodes))


def graph(nodes: list[SimpleNamespace], *functions: SimpleNamespace) -> SimpleNamespace:
    saver = SimpleNamespace(save_tensor_name="save:0", restore_op_name="restore")
    library = SimpleNamespace(function=list(functions))
    return SimpleNamespace(graph_def=SimpleNamespace(node=nodes, library=library), saver_def=saver)


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
