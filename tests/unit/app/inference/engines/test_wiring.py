"""What no engine could load, or none could end, is found while it is still data."""

from typing import Any

import pytest

from app.inference.engines.saved_model import SavedModel
from app.inference.engines.wiring import MAX_CALLS, MAX_ELEMENTS, MAX_NODES, faults_of_wiring

Fields = dict[str, Any]


def node(name: str, *inputs: str, op: str = "Identity", **attributes: Fields) -> Fields:
    attr = [{"key": key, "value": value} for key, value in attributes.items()]
    return {"name": name, "op": op, "input": list(inputs), "attr": attr}


def call(name: str, function: str, *inputs: str) -> Fields:
    return node(name, *inputs, op="PartitionedCall", f={"func": {"name": function}})


def function(name: str, *nodes: Fields, results: tuple[str, ...] = (), given: tuple[str, ...] = ()) -> Fields:
    signature = {"name": name, "output_arg": [{"name": result} for result in results]}
    return {"signature": signature, "node_def": list(nodes), "ret": [{"key": result} for result in given]}


def faults(nodes: list[Fields], *functions: Fields) -> list[str]:
    graph = {"node": nodes, "functions": {"function": list(functions)}}
    return faults_of_wiring(SavedModel(meta_graphs=[{"graph_def": graph}]).meta_graphs[0].graph_def)


def test_a_network_has_none() -> None:
    layers = function("layers", node("a", "pixels"), node("b", "a:output:0", "^c"), node("c"), given=("y",))
    assert faults([call("f", "layers", "x"), node("x")], layers) == []


@pytest.mark.parametrize("back", ["a", "a:0", "^a", "b"])
def test_nodes_that_need_each_other_are_found(back: str) -> None:
    nodes = [node("a", "b"), node("b", back)]
    assert "need each other" in faults(nodes)[0]
    assert "function 'f'" in faults([], function("f", *nodes))[0]


def test_functions_that_call_each_other_are_found() -> None:
    one, other = function("one", call("c", "other")), function("other", call("c", "one"))
    assert "one → other" in faults([], one, other)[0] or "other → one" in faults([], one, other)[0]
    assert "call each other" in faults([], function("self", node("n", op="self")))[0]


def test_a_row_of_calls_has_an_end() -> None:
    row = [function(f"f{n}", call("c", f"f{n + 1}")) for n in range(MAX_CALLS)]
    assert "in a row" in faults([], *row, function(f"f{MAX_CALLS}"))[0]
    assert faults([], *row[1:], function(f"f{MAX_CALLS}")) == []


def test_calls_that_multiply_are_found() -> None:
    doubling = [function(f"f{n}", call("a", f"f{n + 1}"), call("b", f"f{n + 1}")) for n in range(25)]
    assert "nodes" in faults([], *doubling, function("f25"))[0]


@pytest.mark.parametrize("attributes", [{}, {"f": {"func": {"name": "gone"}}}, {"f": {"func": {}}}])
def test_a_call_without_a_function_is_found(attributes: Fields) -> None:
    assert "calls nothing" in faults([node("n", op="StatefulPartitionedCall", **attributes)])[0]


def test_a_function_without_its_result_is_found() -> None:
    assert "result 'y'" in faults([], function("f", results=("x", "y"), given=("x",)))[0]


def test_names_are_not_repeated_or_empty() -> None:
    assert "several nodes" in faults([node("n"), node("n")])[0]
    assert "several functions" in faults([], function("f"), function("f"))[0]
    assert "no name" in faults([], function(""))[0]


@pytest.mark.parametrize("sizes", [[MAX_ELEMENTS + 1], [2**31, 2**31, 2], [-(2**40)], [1] * 100])
def test_a_constant_that_declares_more_than_it_holds_is_found(sizes: list[int]) -> None:
    tensor = {"tensor": {"tensor_shape": {"dim": [{"size": size} for size in sizes]}}}
    assert "elements" in faults([node("n", op="Const", value=tensor)])[0]
    assert "elements" in faults([node("n", op="Const", value={"list": {"tensor": [tensor["tensor"]]}})])[0]


def test_more_nodes_than_any_network_has_are_not_looked_at() -> None:
    assert faults([{"name": "n"}] * (MAX_NODES + 1)) == [f"it has {MAX_NODES + 1} nodes, more than {MAX_NODES}"]


def test_what_is_said_fits_on_a_line() -> None:
    circle = [node(f"\x1b{n}", f"\x1b{n - 1}") for n in range(50)]
    (said,) = faults([*circle[1:], node("\x1b0", "\x1b49")])
    assert said.isprintable()
    assert len(said) < 200
