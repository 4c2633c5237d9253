"""How the nodes and functions of a graph need each other: without circles, and no more of them than an engine can take.

Engines take this for granted. On a circle one of them computes for ever and the other one overflows its stack, which
ends the process, as does a call without a function. And a few functions that each call the next one many times are more
nodes than any memory holds.
"""

import math
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from graphlib import CycleError, TopologicalSorter
from typing import Any, Final

from app.inference.engines.saved_model import called_by, node_of
from model_store.text import excerpt

MAX_NODES: Final = 500_000
"""Nodes of a graph, and those after each call is replaced by what it calls; large networks have ten thousand."""
MAX_ELEMENTS: Final = 2**24
"""Elements of a constant; weights are variables, whose size is that of their file."""
_MOST_DIMENSIONS: Final = 32
MAX_CALLS: Final = 32
"""Functions that call each other in a row; a network has three."""
CALLS: Final = frozenset(["PartitionedCall", "StatefulPartitionedCall"])
"""Operations that call the function which their attribute `f` names."""

_MOST_NAMED: Final = 10

_Bodies = Mapping[str, Any]
"""The nodes of each function by its name, and those of the graph itself by an empty one."""


def faults_of_wiring(graph: Any) -> list[str]:  # noqa: ANN401  a protocol buffer
    """Return what is wrong with how a graph is wired, as one phrase each.

    Args:
        graph: A `Graph` of `saved_model`.
    """
    functions = graph.functions.function
    names = Counter(["", *(function.signature.name for function in functions)])
    if repeated := [name for name, times in names.items() if times > 1]:
        return [f"several functions are called '{excerpt(repeated[0])}', or one has no name"]
    bodies = {"": graph.node, **{function.signature.name: function.node_def for function in functions}}
    if (nodes := sum(map(len, bodies.values()))) > MAX_NODES:
        return [f"it has {nodes} nodes, more than {MAX_NODES}"]
    faults = [f"{fault} in {_said(name)}" for name, nodes in bodies.items() for fault in _in_a_body(nodes, bodies)]
    faults += [fault for function in functions for fault in _of_results(function)]
    return faults[:_MOST_NAMED] or list(_of_calls(bodies))


def _said(name: str) -> str:
    return f"function '{excerpt(name)}'" if name else "the graph"


def _of_results(function: Any) -> list[str]:  # noqa: ANN401  as above
    missing = {output.name for output in function.signature.output_arg} - {result.key for result in function.ret}
    return [
        f"{_said(function.signature.name)} has no node for its result '{excerpt(name)}'" for name in sorted(missing)
    ]


def _in_a_body(nodes: Iterable[Any], bodies: _Bodies) -> Iterator[str]:
    needs: dict[str, set[str]] = {}
    for node in nodes:
        if node.name in needs:
            yield f"several nodes are called '{excerpt(node.name)}'"
        if node.op in CALLS and not _calls_one_of(bodies, node.attr):
            yield f"node '{excerpt(node.name)}' calls nothing that there is"
        if _is_huge(node):
            yield f"node '{excerpt(node.name)}' is a constant of more than {MAX_ELEMENTS} elements"
        needs[node.name] = {node_of(source) for source in node.input}
    if circle := _circle(needs):
        yield f"nodes need each other: {circle}"


def _calls_one_of(bodies: _Bodies, attributes: Iterable[Any]) -> bool:
    called = [entry.value.func.name for entry in attributes if entry.key == "f"]
    return "" not in called and bool(called) and bodies.keys() >= set(called)


def _is_huge(node: Any) -> bool:  # noqa: ANN401  as above
    """Return True if it declares a constant of too many elements: a few bytes can declare, and fill, any number."""
    tensors = [tensor for entry in node.attr for tensor in (entry.value.tensor, *entry.value.list.tensor)]
    return any(
        len(shape.dim) > _MOST_DIMENSIONS or math.prod(abs(dim.size) for dim in shape.dim) > MAX_ELEMENTS
        for shape in (tensor.tensor_shape for tensor in tensors)
    )


def _of_calls(bodies: _Bodies) -> Iterator[str]:
    calls = {name: _called(nodes, bodies) for name, nodes in bodies.items()}
    if circle := _circle(calls):
        yield f"functions call each other: {circle}"
        return
    nodes: dict[str, int] = {}
    rows: dict[str, int] = {}
    for name in TopologicalSorter(calls).static_order():
        nodes[name] = len(bodies[name]) + sum(nodes[called] for called in calls[name])
        rows[name] = 1 + max((rows[called] for called in calls[name]), default=0)
    if max(rows.values()) > MAX_CALLS:
        yield f"more than {MAX_CALLS} functions call each other in a row"
    if max(nodes.values()) > MAX_NODES:
        yield f"with functions in the places of their calls there are more than {MAX_NODES} nodes"


def _called(nodes: Iterable[Any], bodies: _Bodies) -> list[str]:
    """Return the functions that nodes call, as often as they do, also by an operation that is named like one."""
    return [name for node in nodes for name in (node.op, *called_by(node.attr)) if name and name in bodies]


def _circle(needs: Mapping[str, Iterable[str]]) -> str | None:
    """Return a circle, from one name to the same one, or None."""
    try:
        TopologicalSorter(needs).prepare()
    except CycleError as error:
        circle: list[str] = error.args[1]
        more = " → …" if len(circle) > _MOST_NAMED else ""
        return " → ".join(map(excerpt, circle[:_MOST_NAMED])) + more
    return None
