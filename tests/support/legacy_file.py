"""Legacy PyTorch files made by hand, opcode by opcode, without PyTorch."""

import pickle
import struct

import numpy as np
import numpy.typing as npt

ORDERED_DICT = b"ccollections\nOrderedDict\n)R"
HEADER = b"".join(
    pickle.dumps(one, protocol=2)
    for one in (0x1950A86A20F9469CFC6C, 1001, {"little_endian": True, "protocol_version": 1})
)


def text(value: str) -> bytes:
    data = value.encode()
    return b"X" + struct.pack("<I", len(data)) + data


def number(value: int) -> bytes:
    return b"J" + struct.pack("<i", value)


def numbers(values: tuple[int, ...]) -> bytes:
    return b"(" + b"".join(map(number, values)) + b"t"


def storage(key: str, size: int, kind: str = "torch\nFloatStorage") -> bytes:
    return b"(" + text("storage") + b"c" + kind.encode() + b"\n" + text(key) + text("cpu") + number(size) + b"NtQ"


def tensor(where: bytes, shape: tuple[int, ...], strides: tuple[int, ...], offset: int = 0) -> bytes:
    view = where + number(offset) + numbers(shape) + numbers(strides) + b"\x89" + ORDERED_DICT
    return b"ctorch._utils\n_rebuild_tensor_v2\n(" + view + b"tR"


def state(tensors: dict[str, bytes]) -> bytes:
    items = b"".join(text(name) + value for name, value in tensors.items())
    return b"\x80\x02" + ORDERED_DICT + b"(" + items + b"u."


def elements(values: npt.ArrayLike, dtype: str = "<f4") -> bytes:
    array = np.asarray(values, dtype)
    return struct.pack("<q", array.size) + array.tobytes()


def legacy_file(state_pickle: bytes, storages: dict[str, bytes]) -> bytes:
    return HEADER + state_pickle + pickle.dumps(list(storages), protocol=2) + b"".join(storages.values())
