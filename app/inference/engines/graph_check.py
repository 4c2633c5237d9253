"""The allow-list of operations: a SavedModel is a program, which here may only compute.

The file is read as data before an engine runs any of it. Operations that touch files are accepted only in the two
functions with which TensorFlow saves and restores variables.
"""

from pathlib import Path
from typing import Any, Final

from app.errors import GraphRefused
from app.inference.engines.saved_model import DecodeError, SavedModel


def _names(text: str) -> frozenset[str]:
    return frozenset(text.split())


COMPUTE_OPS: Final = _names(
    """
    Abs Add AddN AddV2 All Any ArgMax AvgPool BatchMatMul BatchMatMulV2 BiasAdd BroadcastArgs BroadcastTo Cast
    Ceil ClipByValue Concat ConcatV2 Const Conv2D DepthToSpace DepthwiseConv2dNative Div DivNoNan Einsum Elu
    Equal Erf Erfc Exp ExpandDims Expm1 Fill Floor FloorDiv FloorMod FusedBatchNorm FusedBatchNormV2
    FusedBatchNormV3 Gather GatherNd GatherV2 Greater GreaterEqual Identity IdentityN IsFinite IsNan L2Loss
    LeakyRelu Less LessEqual Log Log1p LogSoftmax LogicalAnd LogicalNot LogicalOr MatMul Max MaxPool MaxPoolV2
    Maximum Mean Min Minimum MirrorPad Mul MulNoNan Neg NoOp NotEqual OneHot OnesLike Pack Pad PadV2
    PartitionedCall Placeholder PlaceholderWithDefault Pow PreventGradient Prod Range Rank ReadVariableOp
    RealDiv Reciprocal Relu Relu6 Reshape ResizeArea ResizeBicubic ResizeBilinear ResizeNearestNeighbor
    ReverseV2 Round Rsqrt Select SelectV2 Selu Shape ShapeN Sigmoid Sign Size Slice Softmax Softplus Softsign
    SpaceToDepth Split SplitV Sqrt Square SquaredDifference Squeeze StatefulPartitionedCall StopGradient
    StridedSlice Sub Sum Tanh Tile TopKV2 Transpose Unpack Where ZerosLike
    """
)
"""Operations from tensors to tensors that image classifiers of `keras.applications` use."""

VARIABLE_OPS: Final = frozenset(["AssignVariableOp", "DisableCopyOnRead", "VarHandleOp", "VarIsInitializedOp"])
"""Operations on the model's own variables."""

CHECKPOINT_OPS: Final = frozenset(
    ["MergeV2Checkpoints", "RestoreV2", "SaveV2", "ShardedFilename", "StaticRegexFullMatch", "StringJoin"]
)
"""Operations that read or write files, for saving and restoring only."""

_NOT_A_SAVED_MODEL: Final = "(saved_model.pb is not a SavedModel)"


def check_graph(directory: Path) -> None:
    """Refuse a SavedModel that contains an operation outside the allow-list.

    Args:
        directory: Directory of the SavedModel.

    Raises:
        GraphRefused: If the graph contains such operations, all of which are named, or the file is not a SavedModel.
    """
    saved_model = SavedModel()
    try:
        saved_model.ParseFromString((directory / "saved_model.pb").read_bytes())
    except (DecodeError, OSError) as error:
        raise GraphRefused(str(directory), [_NOT_A_SAVED_MODEL]) from error
    if not saved_model.meta_graphs:
        raise GraphRefused(str(directory), [_NOT_A_SAVED_MODEL])
    refused = sorted({op for meta_graph in saved_model.meta_graphs for op in _refused(meta_graph)})
    if refused:
        raise GraphRefused(str(directory), refused)


def _refused(meta_graph: Any) -> set[str]:  # noqa: ANN401  a protocol buffer
    """Return the operations that are not allowed in their place; functions with the same name are all checked."""
    functions = meta_graph.graph_def.functions.function
    checkpoint = _checkpoint_functions(meta_graph, functions)
    refused = {node.op for node in meta_graph.graph_def.node} - COMPUTE_OPS - VARIABLE_OPS
    for function in functions:
        is_checkpoint = function.signature.name in checkpoint
        allowed = COMPUTE_OPS | VARIABLE_OPS | (CHECKPOINT_OPS if is_checkpoint else frozenset())
        refused |= {node.op for node in function.node_def} - allowed
    return refused


def _checkpoint_functions(meta_graph: Any, functions: Any) -> set[str]:  # noqa: ANN401  protocol buffers
    """Return the names of the functions that only the saver's own nodes call."""
    saver = {
        name.split(":")[0]
        for name in (meta_graph.saver_def.save_tensor_name, meta_graph.saver_def.restore_op_name)
        if name
    }
    by_saver: set[str] = set()
    by_others: set[str] = set()
    for node in meta_graph.graph_def.node:
        (by_saver if node.name in saver else by_others).update(_called(node))
    for function in functions:
        for node in function.node_def:
            by_others.update(_called(node))
    return by_saver - by_others


def _called(node: Any) -> set[str]:  # noqa: ANN401  a protocol buffer
    """Return the names of the functions that a node refers to in its attributes."""
    values = [attribute.value for attribute in node.attr]
    return {value.func.name for value in values if value.HasField("func")} | {
        called.name for value in values for called in value.list.func
    }
