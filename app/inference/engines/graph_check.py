"""The allow-list of operations: a SavedModel is a program, which here may only compute.

The file is read as data before an engine runs any of it. Operations that touch files are accepted only in the two
functions with which TensorFlow saves and restores variables, and only if nothing else can reach these: what is served
is named by the objects of the file, not by its nodes.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from app.errors import GraphRefused
from app.inference.engines.saved_model import DecodeError, SavedModel, called_by, node_of
from app.inference.engines.variables import fault_of_variables
from app.inference.engines.wiring import CALLS, faults_of_wiring
from model_store.text import excerpt, listed


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

_MOST_NAMED: Final = 20
_NOT_A_SAVED_MODEL: Final = "saved_model.pb is not a SavedModel"
_NO_OBJECTS: Final = "saved_model.pb is not one graph with its objects, as TensorFlow 2 writes it"


def check_graph(directory: Path) -> None:
    """Refuse a SavedModel with an operation outside the allow-list, or on which an engine would hang or crash.

    Args:
        directory: Directory of the SavedModel.

    Raises:
        GraphRefused: If the graph contains such operations, which are named; if `faults_of_wiring` finds any; if the
            index of variables leads out of its file; or if the file is not a SavedModel of TensorFlow 2. TensorFlow
            loads one of TensorFlow 1 in another way, and runs its saver.
    """
    saved_model = SavedModel()
    try:
        saved_model.ParseFromString((directory / "saved_model.pb").read_bytes())
    except (DecodeError, OSError) as error:
        raise GraphRefused(str(directory), [_NOT_A_SAVED_MODEL]) from error
    faults = _faults(saved_model.meta_graphs)
    if fault := fault_of_variables(directory):
        faults.append(fault)
    if faults:
        raise GraphRefused(str(directory), faults)


def _faults(graphs: Sequence[Any]) -> list[str]:
    if not graphs:
        return [_NOT_A_SAVED_MODEL]
    if refused := sorted({operation for graph in graphs for operation in _refused(graph)}):
        return [f"operations that are not on the allow-list: {listed(map(excerpt, refused), _MOST_NAMED)}"]
    if len(graphs) > 1 or not graphs[0].object_graph_def.nodes:
        return [_NO_OBJECTS]
    return faults_of_wiring(graphs[0].graph_def)


def _refused(meta_graph: Any) -> set[str]:  # noqa: ANN401  a protocol buffer
    """Return the operations that are not allowed in their place; functions with the same name are all checked."""
    functions = meta_graph.graph_def.functions.function
    checkpoint = _checkpoint_functions(meta_graph)
    refused = {node.op for node in meta_graph.graph_def.node} - COMPUTE_OPS - VARIABLE_OPS
    for function in functions:
        is_checkpoint = function.signature.name in checkpoint
        allowed = COMPUTE_OPS | VARIABLE_OPS | (CHECKPOINT_OPS if is_checkpoint else frozenset())
        refused |= {node.op for node in function.node_def} - allowed
    return refused


def _checkpoint_functions(meta_graph: Any) -> set[str]:  # noqa: ANN401  a protocol buffer
    """Return the names of the functions that the saver's own nodes call, and nothing else can reach."""
    graph = meta_graph.graph_def
    saver = _saver_nodes(meta_graph)
    by_saver: set[str] = set()
    by_others = _named_by_objects(meta_graph.object_graph_def) | _gradients(graph.functions)
    for node in graph.node:
        if node.name in saver and node.op in CALLS:
            by_saver.update(attribute.value.func.name for attribute in node.attr if attribute.key == "f")
            by_others.update(called_by(attribute for attribute in node.attr if attribute.key != "f"))
        else:
            by_others.update({node.op}, called_by(node.attr))
    for function in graph.functions.function:
        if not all(attribute.key.startswith("_") for attribute in function.attr):
            by_others.add(function.signature.name)  # such as `api_implements`, by which another function's call runs it
        for node in function.node_def:
            by_others.update({node.op}, called_by(node.attr))  # TensorFlow calls a function that is named like an `op`
    return by_saver - by_others


def _saver_nodes(meta_graph: Any) -> set[str]:  # noqa: ANN401  a protocol buffer
    """Return the names of the nodes that save and restore, without those that another node or a signature needs."""
    saver = meta_graph.saver_def
    needed = {node_of(name) for node in meta_graph.graph_def.node for name in node.input}
    for signature in meta_graph.signature_def:
        needed.update(node_of(tensor.value.name) for tensor in signature.value.inputs)
        needed.update(node_of(tensor.value.name) for tensor in signature.value.outputs)
    return {node_of(saver.save_tensor_name), node_of(saver.restore_op_name)} - needed


def _named_by_objects(objects: Any) -> set[str]:  # noqa: ANN401  a protocol buffer
    """Return the functions that the objects name: the loader serves these, whatever the graph's nodes call."""
    names = {concrete.key for concrete in objects.concrete_functions}
    for node in objects.nodes:
        names.update(node.function.concrete_functions)
        names.update({node.bare_concrete_function.concrete_function_name, node.captured_tensor.concrete_function})
    return names


def _gradients(functions: Any) -> set[str]:  # noqa: ANN401  a protocol buffer
    return {
        gradient.gradient_func for gradients in (functions.gradient, functions.registered) for gradient in gradients
    }
