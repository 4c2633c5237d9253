"""The parts of `saved_model.pb` that the service itself reads, without TensorFlow.

Protocol buffers preserve unknown fields, so the messages below define only the fields that are needed. Their numbers
are those of `tensorflow/core/protobuf/{saved_model,meta_graph,saver,saved_object_graph,tensor_bundle}.proto` and
`tensorflow/core/framework/{graph,node_def,attr_value,function,op_def,tensor,tensor_shape}.proto`; names are not part of
the encoding. A test reads real files both ways. Maps are read as lists of entries, their encoding, so that a check sees
both of two entries with the same key.
"""

from collections.abc import Iterable
from pathlib import Path
from typing import Any, Final

from google.protobuf.descriptor_pb2 import FieldDescriptorProto, FileDescriptorProto
from google.protobuf.descriptor_pool import DescriptorPool
from google.protobuf.message import DecodeError
from google.protobuf.message_factory import GetMessageClass

_TEXT: Final = "text"
_NUMBER: Final = "number"
_SCALARS: Final = {_TEXT: FieldDescriptorProto.TYPE_STRING, _NUMBER: FieldDescriptorProto.TYPE_INT64}

_MESSAGES: Final[dict[str, dict[str, tuple[int, str]]]] = {
    "SavedModel": {"meta_graphs": (2, "MetaGraph*")},
    "MetaGraph": {
        "graph_def": (2, "Graph"),
        "saver_def": (3, "Saver"),
        "signature_def": (5, "Named*"),
        "object_graph_def": (7, "Objects"),
    },
    "Named": {"key": (1, _TEXT), "value": (2, "Served")},
    "Served": {"inputs": (1, "Tensor*"), "outputs": (2, "Tensor*")},
    "Tensor": {"value": (2, "TensorInfo")},
    "TensorInfo": {"name": (1, _TEXT)},
    "Saver": {"save_tensor_name": (2, _TEXT), "restore_op_name": (3, _TEXT)},
    "Graph": {"node": (1, "Node*"), "functions": (2, "Functions")},
    "Functions": {"function": (1, "Function*"), "gradient": (2, "Gradient*"), "registered": (3, "Registered*")},
    "Gradient": {"gradient_func": (2, _TEXT)},
    "Registered": {"gradient_func": (1, _TEXT)},
    "Function": {
        "signature": (1, "Signature"),
        "node_def": (3, "Node*"),
        "ret": (4, "Result*"),
        "attr": (5, "Attribute*"),
    },
    "Signature": {"name": (1, _TEXT), "output_arg": (3, "Argument*")},
    "Argument": {"name": (1, _TEXT)},
    "Result": {"key": (1, _TEXT)},
    "Node": {"name": (1, _TEXT), "op": (2, _TEXT), "input": (3, _TEXT + "*"), "attr": (5, "Attribute*")},
    "Attribute": {"key": (1, _TEXT), "value": (2, "Value")},
    "Value": {"list": (1, "Values"), "tensor": (8, "Constant"), "func": (10, "Called")},
    "Values": {"tensor": (8, "Constant*"), "func": (9, "Called*")},
    "Constant": {"tensor_shape": (2, "Shape")},
    "Shape": {"dim": (2, "Dimension*")},
    "Dimension": {"size": (1, _NUMBER)},
    "Called": {"name": (1, _TEXT), "attr": (2, "Attribute*")},
    "Objects": {"nodes": (1, "Object*"), "concrete_functions": (2, "Concrete*")},
    "Object": {
        "function": (6, "ObjectFunction"),
        "bare_concrete_function": (8, "BareFunction"),
        "captured_tensor": (12, "CapturedTensor"),
    },
    "ObjectFunction": {"concrete_functions": (1, _TEXT + "*")},
    "BareFunction": {"concrete_function_name": (1, _TEXT)},
    "CapturedTensor": {"concrete_function": (2, _TEXT)},
    "Concrete": {"key": (1, _TEXT)},
    "BundleHeader": {"num_shards": (1, _NUMBER), "endianness": (2, _NUMBER)},
    "BundleEntry": {
        "dtype": (1, _NUMBER),
        "shape": (2, "Shape"),
        "shard_id": (3, _NUMBER),
        "offset": (4, _NUMBER),
        "size": (5, _NUMBER),
        "slices": (7, "Slice*"),
    },
    "Slice": {},
}
"""Number and type by message and field; a star marks a repeated field."""


def _schema() -> FileDescriptorProto:
    file = FileDescriptorProto(name="fullcount/saved_model.proto", package="fullcount", syntax="proto3")
    for name, fields in _MESSAGES.items():
        message = file.message_type.add(name=name)
        for field, (number, kind) in fields.items():
            added = message.field.add(name=field, number=number)
            is_repeated = kind.endswith("*")
            added.label = FieldDescriptorProto.LABEL_REPEATED if is_repeated else FieldDescriptorProto.LABEL_OPTIONAL
            name_of_type = kind.rstrip("*")
            added.type = _SCALARS.get(name_of_type, FieldDescriptorProto.TYPE_MESSAGE)
            if name_of_type not in _SCALARS:
                added.type_name = f".fullcount.{name_of_type}"
    return file


_POOL: Final = DescriptorPool()  # a pool of our own, since TensorFlow's has the complete messages
_POOL.Add(_schema())
SavedModel: Final[Any] = GetMessageClass(_POOL.FindMessageTypeByName("fullcount.SavedModel"))
BundleHeader: Final[Any] = GetMessageClass(_POOL.FindMessageTypeByName("fullcount.BundleHeader"))
BundleEntry: Final[Any] = GetMessageClass(_POOL.FindMessageTypeByName("fullcount.BundleEntry"))

__all__ = ["BundleEntry", "BundleHeader", "DecodeError", "SavedModel", "called_by", "node_of", "write_serving"]

_NAME: Final = "saved_model.pb"
_SERVED: Final = "serving_default"


def node_of(tensor: str) -> str:
    """Return the name of the node that a tensor, or a control input, comes from."""
    return tensor.removeprefix("^").split(":")[0]


def called_by(attributes: Iterable[Any]) -> set[str]:
    """Return the names of the functions that attributes refer to, also those that are passed on to a function."""
    names: set[str] = set()
    for attribute in attributes:
        value = attribute.value
        for called in [value.func] if value.HasField("func") else value.list.func:  # one of the two at most
            names.add(called.name)
            names.update(called_by(called.attr))
    return names


def write_serving(signature: str, original: Path, copy: Path) -> None:
    """Write a copy of a SavedModel that serves another signature, for readers that know only `serving_default`.

    Args:
        signature: Name of the signature that becomes `serving_default`.
        original: Directory of the SavedModel.
        copy: An empty directory for the copy; the variables are linked, not copied.
    """
    saved_model = SavedModel.FromString((original / _NAME).read_bytes())
    for meta_graph in saved_model.meta_graphs:
        kept = [named for named in meta_graph.signature_def if named.key != _SERVED]
        del meta_graph.signature_def[:]
        meta_graph.signature_def.extend(kept)
        for named in meta_graph.signature_def:
            if named.key == signature:
                named.key = _SERVED
    (copy / _NAME).write_bytes(saved_model.SerializeToString())
    (copy / "variables").symlink_to((original / "variables").resolve())
