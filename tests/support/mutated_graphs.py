"""Changes to `saved_model.pb` that somebody who attacks the service might make, each decided by a number."""

import random
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.message import Message
from tensorflow.core.protobuf.saved_model_pb2 import SavedModel

EXTREMES: Final = (0, 1, 2, -1, 3, 7, 100, 2**31 - 1, -(2**31), 2**31, 2**40, 2**63 - 1, -(2**63))
TEXTS: Final = ("", "serving_default", "save", "..", "/etc/passwd", "^a", "a:1", "x" * 1000, "é", "variables", "T")
OPERATIONS: Final = (
    *("ReadFile", "WriteFile", "SaveV2", "RestoreV2", "MatchingFiles", "PyFunc", "EagerPyFunc", "Print", "PrintV2"),
    *("While", "StatelessWhile", "If", "Case", "Assert", "TextFileInit", "HashTableV2", "IteratorV2", "XlaLaunch"),
    *("Identity", "Relu", "MatMul", "Conv2D", "Const", "NoOp", "Fill", "Tile", "Range", "Pad", "BroadcastTo", "Pack"),
    *("PartitionedCall", "StatefulPartitionedCall", "SymbolicGradient", "ReadVariableOp", "VarHandleOp", "Placeholder"),
    *("OneHot", "ResizeBilinear", "Transpose", "Einsum", "Where", "TopKV2", "Gather", "StridedSlice", "DepthToSpace"),
)
_NUMBERS: Final = {
    *(FieldDescriptor.CPPTYPE_INT32, FieldDescriptor.CPPTYPE_INT64),
    *(FieldDescriptor.CPPTYPE_UINT32, FieldDescriptor.CPPTYPE_UINT64),
}


def mutate(data: bytes, seed: int, paths: tuple[Path, Path]) -> bytes:
    """Return another file, always the same one for a seed.

    Args:
        data: A `saved_model.pb`.
        seed: Decides what is changed.
        paths: Where operations that read, and those that write, are pointed at.
    """
    dice = random.Random(seed)
    if seed % 5 == 4:
        return mutate_bytes(data, seed)
    model = SavedModel.FromString(data)
    for _ in range(dice.choice((1, 1, 1, 2, 3))):
        if seed % 5 == 3:
            dice.choice(_TARGETED)(model.meta_graphs[0], dice, paths)
        else:
            _anywhere(model, dice)
    return bytes(model.SerializeToString())


def mutate_bytes(data: bytes, seed: int) -> bytes:
    """Return a file of any kind with some bytes changed, removed or repeated, always the same one for a seed."""
    dice = random.Random(seed)
    changed = bytearray(data)
    for _ in range(dice.choice((1, 1, 2, 5, 20))):
        if not changed:
            break
        at = dice.randrange(len(changed))
        match dice.randrange(5):
            case 0:
                changed[at] ^= 1 << dice.randrange(8)
            case 1:
                changed[at] = dice.randrange(256)
            case 2:
                del changed[at : at + dice.randrange(1, 30)]
            case 3:
                start = dice.randrange(len(changed))
                changed[at:at] = changed[start : start + dice.randrange(1, 200)]
            case 4 if dice.random() < 0.1:
                del changed[at:]
    return bytes(changed)


def _anywhere(message: Message, dice: random.Random) -> None:
    """Change one field of one message, wherever it is."""
    while True:
        inner = [
            value
            for field, content in message.ListFields()
            if field.message_type is not None
            for value in _messages(field, content)
        ]
        if not inner or dice.random() < 0.15:
            break
        message = dice.choice(inner)
    if fields := message.DESCRIPTOR.fields:
        _change(message, dice.choice(fields), dice)


def _messages(field: FieldDescriptor, content: Any) -> list[Message]:  # noqa: ANN401  of any type
    if not field.is_repeated:
        return [content]
    values = list(content.values()) if hasattr(content, "values") else list(content)
    return [value for value in values if isinstance(value, Message)]


def _change(message: Message, field: FieldDescriptor, dice: random.Random) -> None:
    content = getattr(message, field.name)
    if field.is_repeated:
        _change_many(content, field, dice)
    elif dice.random() < 0.15:
        message.ClearField(field.name)
    elif field.message_type is not None:
        content.SetInParent()
    else:
        setattr(message, field.name, _value(field, dice))


def _change_many(content: Any, field: FieldDescriptor, dice: random.Random) -> None:  # noqa: ANN401  of any type
    if hasattr(content, "values"):
        _change_map(content, dice)
    elif field.message_type is None:
        if content and dice.random() < 0.5:
            content[dice.randrange(len(content))] = _value(field, dice)
        else:
            content.append(_value(field, dice))
    elif not content:
        content.add()
    else:
        at = dice.randrange(len(content))
        match dice.randrange(3):
            case 0:
                del content[at]
            case 1:
                content.add().CopyFrom(content[at])
            case 2:
                content[at].CopyFrom(content[dice.randrange(len(content))])


def _change_map(content: Any, dice: random.Random) -> None:  # noqa: ANN401  of any type
    keys = sorted(content)
    if not keys:
        return
    key = dice.choice(keys)
    if dice.random() < 0.4 or not isinstance(content[key], Message):
        del content[key]
    else:
        content[dice.choice(keys)].CopyFrom(content[key])


def _value(field: FieldDescriptor, dice: random.Random) -> Any:  # noqa: ANN401  of any type
    if field.enum_type is not None:
        return dice.choice(field.enum_type.values).number
    if field.cpp_type in _NUMBERS:
        value = dice.choice(EXTREMES)
        bits = 31 if field.cpp_type in {FieldDescriptor.CPPTYPE_INT32, FieldDescriptor.CPPTYPE_UINT32} else 63
        unsigned = field.cpp_type in {FieldDescriptor.CPPTYPE_UINT32, FieldDescriptor.CPPTYPE_UINT64}
        return max(0 if unsigned else -(2**bits), min(2**bits - 1, value))
    if field.cpp_type == FieldDescriptor.CPPTYPE_BOOL:
        return dice.random() < 0.5
    if field.cpp_type in {FieldDescriptor.CPPTYPE_FLOAT, FieldDescriptor.CPPTYPE_DOUBLE}:
        return dice.choice((0.0, -1.0, 1e38, float("nan"), float("inf")))
    text = dice.choice((*TEXTS, *OPERATIONS))
    return text.encode() if field.type == FieldDescriptor.TYPE_BYTES else text


def _other_operation(graph: Any, dice: random.Random, paths: tuple[Path, Path]) -> None:  # noqa: ANN401  a message
    """Let a node compute something else."""
    del paths
    dice.choice(_node_lists(graph)[0]).op = dice.choice(OPERATIONS)


def _touch_a_file(graph: Any, dice: random.Random, paths: tuple[Path, Path]) -> None:  # noqa: ANN401  a message
    """Read or write a file beside everything that a function computes."""
    nodes = dice.choice(_node_lists(graph))
    operation = dice.choice(("ReadFile", "WriteFile", "MatchingFiles"))
    path = paths[operation == "WriteFile"]
    constant = nodes.add(name="its_path", op="Const")
    constant.attr["dtype"].type = 7
    constant.attr["value"].tensor.dtype = 7
    constant.attr["value"].tensor.tensor_shape.SetInParent()
    constant.attr["value"].tensor.string_val.append(str(path).encode())
    touching = nodes.add(name="touching", op=operation, input=["its_path:output:0"])
    if operation == "WriteFile":
        touching.input.append("its_path:output:0")
    nodes[dice.randrange(len(nodes) - 2)].input.append("^touching")


def _other_input(graph: Any, dice: random.Random, paths: tuple[Path, Path]) -> None:  # noqa: ANN401  a message
    """Connect a node to another one."""
    del paths
    nodes = dice.choice(_node_lists(graph))
    node, other = dice.choice(nodes), dice.choice(nodes)
    source = dice.choice((other.name, f"^{other.name}", f"{other.name}:output:0", f"{other.name}:7", node.name))
    if node.input and dice.random() < 0.7:
        node.input[dice.randrange(len(node.input))] = source
    else:
        node.input.append(source)


def _call_another(graph: Any, dice: random.Random, paths: tuple[Path, Path]) -> None:  # noqa: ANN401  a message
    """Let a call, an object or a gradient name another function, also itself."""
    del paths
    functions = graph.graph_def.library.function
    name = dice.choice(functions).signature.name
    objects = [one for one in graph.object_graph_def.nodes if one.HasField("bare_concrete_function")]
    calls = [node for nodes in _node_lists(graph) for node in nodes if "f" in node.attr]
    match dice.randrange(3):
        case 0 if calls:
            dice.choice(calls).attr["f"].func.name = name
        case 1 if objects:
            dice.choice(objects).bare_concrete_function.concrete_function_name = name
        case _:
            graph.graph_def.library.gradient.add(
                function_name=name, gradient_func=dice.choice(functions).signature.name
            )


def _grow(graph: Any, dice: random.Random, paths: tuple[Path, Path]) -> None:  # noqa: ANN401  a message
    """Declare a constant or a shape to be huge."""
    del paths
    sized = [
        value for nodes in _node_lists(graph) for node in nodes for value in node.attr.values() if _is_sized(value)
    ]
    value = dice.choice(sized)
    shape = value.tensor.tensor_shape if value.HasField("tensor") else value.shape
    for _ in range(dice.choice((1, 1, 2, 4))):
        shape.dim.add(size=dice.choice((2**20, 2**31, 2**40, 2**62)))


def _is_sized(value: Any) -> bool:  # noqa: ANN401  a message
    return bool(value.HasField("tensor") or value.HasField("shape"))


def _node_lists(graph: Any) -> list[Any]:  # noqa: ANN401  a message
    found = [function.node_def for function in graph.graph_def.library.function if function.node_def]
    return [*found, graph.graph_def.node]


_TARGETED: Final[tuple[Callable[[Any, random.Random, tuple[Path, Path]], None], ...]] = (
    _other_operation,
    _touch_a_file,
    _other_input,
    _call_another,
    _grow,
)
