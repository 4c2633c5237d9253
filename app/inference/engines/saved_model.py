"""The file `saved_model.pb`, as much of it as the service itself reads, without TensorFlow.

Protocol buffers keep the fields that a reader does not know as they are, so the messages below hold those that are
asked for. Their numbers are those of `tensorflow/core/protobuf/{saved_model,meta_graph,saver}.proto` and
`tensorflow/core/framework/{graph,node_def,attr_value,function,op_def}.proto`; names do not travel. A test reads real
files both ways. A map is read as the list of entries that it is on the wire: of two with one key, the check sees both.
"""

from pathlib import Path
from typing import Any, Final

from google.protobuf.descriptor_pb2 import FieldDescriptorProto, FileDescriptorProto
from google.protobuf.descriptor_pool import DescriptorPool
from google.protobuf.message import DecodeError
from google.protobuf.message_factory import GetMessageClass

_TEXT: Final = "text"

_MESSAGES: Final[dict[str, dict[str, tuple[int, str]]]] = {
    "SavedModel": {"meta_graphs": (2, "MetaGraph*")},
    "MetaGraph": {"graph_def": (2, "Graph"), "saver_def": (3, "Saver"), "signature_def": (5, "Named*")},
    "Named": {"key": (1, _TEXT)},
    "Saver": {"save_tensor_name": (2, _TEXT), "restore_op_name": (3, _TEXT)},
    "Graph": {"node": (1, "Node*"), "functions": (2, "Functions")},
    "Functions": {"function": (1, "Function*")},
    "Function": {"signature": (1, "Signature"), "node_def": (3, "Node*")},
    "Signature": {"name": (1, _TEXT)},
    "Node": {"name": (1, _TEXT), "op": (2, _TEXT), "attr": (5, "Attribute*")},
    "Attribute": {"key": (1, _TEXT), "value": (2, "Value")},
    "Value": {"list": (1, "Values"), "func": (10, "Called")},
    "Values": {"func": (9, "Called*")},
    "Called": {"name": (1, _TEXT)},
}
"""Message → field → number and type; a star: any number of them."""


def _schema() -> FileDescriptorProto:
    file = FileDescriptorProto(name="fullcount/saved_model.proto", package="fullcount", syntax="proto3")
    for name, fields in _MESSAGES.items():
        message = file.message_type.add(name=name)
        for field, (number, kind) in fields.items():
            added = message.field.add(name=field, number=number)
            is_repeated = kind.endswith("*")
            added.label = FieldDescriptorProto.LABEL_REPEATED if is_repeated else FieldDescriptorProto.LABEL_OPTIONAL
            added.type = FieldDescriptorProto.TYPE_STRING if kind == _TEXT else FieldDescriptorProto.TYPE_MESSAGE
            if kind != _TEXT:
                added.type_name = f".fullcount.{kind.rstrip('*')}"
    return file


_POOL: Final = DescriptorPool()  # of our own: TensorFlow's has the whole messages
_POOL.Add(_schema())
SavedModel: Final[Any] = GetMessageClass(_POOL.FindMessageTypeByName("fullcount.SavedModel"))

__all__ = ["DecodeError", "SavedModel", "write_serving"]

_NAME: Final = "saved_model.pb"
_SERVED: Final = "serving_default"


def write_serving(signature: str, original: Path, copy: Path) -> None:
    """Write a SavedModel that serves another of its signatures, for readers that know of one.

    Args:
        signature: Which is to be called `serving_default`.
        original: A SavedModel's directory.
        copy: Where to, an empty directory; the variables are only linked to.
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
