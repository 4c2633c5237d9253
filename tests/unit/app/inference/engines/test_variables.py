"""An index of variables that leads anywhere but into its file of data is refused. TensorFlow's own: tests/tf."""

import random
from pathlib import Path
from typing import Any

import pytest

from app.errors import GraphRefused
from app.inference.engines.graph_check import check_graph
from app.inference.engines.saved_model import BundleEntry, BundleHeader, SavedModel
from app.inference.engines.variables import fault_of_variables

MAGIC = bytes.fromhex("57fb808b247547db")
FLOAT = 1
DATA_BYTES = 400


def varints(*numbers: int) -> bytes:
    written = bytearray()
    for number in numbers:
        left = number
        while left > 0x7F:
            written.append(left & 0x7F | 0x80)
            left >>= 7
        written.append(left)
    return bytes(written)


def block(*entries: tuple[bytes, bytes], restart: int = 0) -> bytes:
    body = b"".join(varints(0, len(name), len(value)) + name + value for name, value in entries)
    return body + restart.to_bytes(4, "little") + (1).to_bytes(4, "little")


def table(*entries: tuple[bytes, bytes], packed: int = 0, **parts: Any) -> bytes:  # noqa: ANN401  of any type
    """Write an index of one block."""
    data = block(*entries, **parts) + bytes([packed, 0, 0, 0, 0])
    others = len(data)
    data += block() + bytes(5)
    blocks = len(data)
    listed = block((b"z", varints(0, others - 5)))
    data += listed + bytes(5)
    footer = varints(others, 8, blocks, len(listed))
    return data + footer.ljust(40, b"\0") + MAGIC


HEADER = (b"", BundleHeader(num_shards=1).SerializeToString())


def variable(name: bytes = b"kernel", *sizes: int, **fields: Any) -> tuple[bytes, bytes]:  # noqa: ANN401  of any type
    shape = {"dim": [{"size": size} for size in sizes or (5, 5)]}
    return name, BundleEntry(**{"dtype": FLOAT, "shape": shape, "size": 100, **fields}).SerializeToString()


def fault(tmp_path: Path, index: bytes) -> str | None:
    folder = tmp_path / "variables"
    folder.mkdir(exist_ok=True)
    (folder / "variables.index").write_bytes(index)
    (folder / "variables.data-00000-of-00001").write_bytes(bytes(DATA_BYTES))
    return fault_of_variables(tmp_path)


def test_what_is_inside_its_file_is_not_refused(tmp_path: Path) -> None:
    assert fault_of_variables(tmp_path) is None
    assert fault(tmp_path, table(HEADER, variable(), variable(b"more", offset=300))) is None
    assert fault(tmp_path, table(HEADER, variable(b"text", dtype=7, size=3))) is None


@pytest.mark.parametrize(
    "changed",
    [
        {"offset": 301},
        {"offset": -1},
        {"size": 2**40},
        {"size": -100},
        {"size": 99},
        {"shard_id": 1},
        {"slices": [{}]},
        {"shape": {"dim": [{"size": -5}, {"size": -5}]}},
        {"shape": {"dim": [{"size": 1}] * 1000}},
    ],
)
def test_a_variable_that_is_elsewhere_or_of_another_length_is_refused(tmp_path: Path, changed: Any) -> None:  # noqa: ANN401
    assert "index of variables" in str(fault(tmp_path, table(HEADER, variable(**changed))))


@pytest.mark.parametrize(
    "index",
    [
        b"",
        MAGIC,
        table(HEADER, variable())[:-1],
        table(HEADER, variable(), packed=1),
        table(HEADER, variable(), restart=1),
        table(HEADER, variable(), restart=2**31),
        table(variable(b"b"), variable(b"a")),
        table(variable(), variable()),
        table((b"", BundleHeader(num_shards=2).SerializeToString())),
        table((b"", BundleHeader(num_shards=1, endianness=1).SerializeToString())),
        table((b"a", b"\xff\xff")),
        b"\xff" * 100 + MAGIC,
    ],
)
def test_what_is_no_index_is_refused(tmp_path: Path, index: bytes) -> None:
    assert "index of variables" in str(fault(tmp_path, index))


def test_no_change_surprises(tmp_path: Path) -> None:
    whole = table(HEADER, variable(), variable(b"more", offset=300))
    dice = random.Random(1)
    for _ in range(500):
        changed = bytearray(whole)
        for _ in range(dice.choice((1, 2, 5))):
            changed[dice.randrange(len(changed))] = dice.choice((0, 1, 0x7F, 0x80, 0xFF, dice.randrange(256)))
        said = fault(tmp_path, bytes(changed))
        assert said is None or said.startswith("its index of variables is damaged")


def test_the_check_of_the_graph_includes_it(tmp_path: Path) -> None:
    (tmp_path / "saved_model.pb").write_bytes(
        SavedModel(meta_graphs=[{"object_graph_def": {"nodes": [{}]}}]).SerializeToString()
    )
    check_graph(tmp_path)
    fault(tmp_path, b"")
    with pytest.raises(GraphRefused, match="index of variables"):
        check_graph(tmp_path)
