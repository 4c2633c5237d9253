"""Reads a state dict in PyTorch's legacy file format (before 1.6, not a zip) without PyTorch, and nothing else.

The file is five pickles (magic number, protocol, system, state dict, storage keys), then for each key a little-endian
int64 count and the raw elements. A pickle is a program, so it is restricted twice: to the opcodes that such a file
needs, and to four names. Calling one of these names only records its arguments. Tensors are views into storages; their
strides and bounds are checked before any element is read.

The layout is that of `_legacy_save` in `torch/serialization.py`.
"""

import io
import math
import pickle
import pickletools
import struct
from pathlib import Path
from typing import Any, Final, NamedTuple, NoReturn

import numpy as np
import numpy.typing as npt

from training.errors import WeightsInvalid


def _names(text: str) -> frozenset[str]:
    return frozenset(text.split())


_MAGIC: Final = 0x1950A86A20F9469CFC6C
_PROTOCOL: Final = 1001
_OPCODES: Final = _names(
    "PROTO STOP MARK GLOBAL REDUCE BUILD BINPERSID NONE NEWTRUE NEWFALSE BININT BININT1 BININT2 LONG1 BINUNICODE "
    "EMPTY_DICT EMPTY_LIST EMPTY_TUPLE TUPLE TUPLE1 TUPLE2 TUPLE3 APPEND APPENDS SETITEM SETITEMS "
    "BINPUT LONG_BINPUT BINGET LONG_BINGET"
)


class _StateDict(dict[str, Any]):
    """Stand-in for an ordered dictionary; the file sets a `_metadata` attribute on it, which is ignored."""


class _ElementType(NamedTuple):
    """Stand-in for a storage class."""

    dtype: str


class _Storage(NamedTuple):
    key: str
    dtype: str
    size: int
    """Number of elements."""


class _View(NamedTuple):
    """A tensor before its elements are read: their positions in a storage, counted in elements."""

    storage: _Storage
    offset: int
    shape: tuple[int, ...]
    strides: tuple[int, ...]

    def is_inside(self) -> bool:
        """Tell whether the numbers are valid, no element repeats and the last element is in the storage."""
        numbers = (self.offset, *self.shape, *self.strides)
        if len(self.shape) != len(self.strides) or any(type(number) is not int or number < 0 for number in numbers):
            return False
        if math.prod(self.shape) > self.storage.size:
            return False
        last = self.offset + sum((size - 1) * stride for size, stride in zip(self.shape, self.strides, strict=True))
        return 0 in self.shape or last < self.storage.size

    def read(self, elements: npt.NDArray[Any]) -> npt.NDArray[Any]:
        """Return a contiguous copy of the elements of the view."""
        steps = [stride * elements.itemsize for stride in self.strides]
        return np.lib.stride_tricks.as_strided(elements[self.offset :], self.shape, steps).copy()


# The stand-ins for the four names do not have attributes to set, so a pickle's BUILD cannot change them.


class _OrderedDict:
    __slots__ = ()

    def __call__(self) -> _StateDict:
        return _StateDict()


class _RebuildTensor:
    __slots__ = ()

    def __call__(self, storage: object, offset: int, shape: object, strides: object, *_unused: object) -> _View:
        if not isinstance(storage, _Storage) or type(shape) is not tuple or type(strides) is not tuple:
            raise pickle.UnpicklingError("a tensor is not a view into a storage")
        view = _View(storage, offset, shape, strides)
        if not view.is_inside():
            raise pickle.UnpicklingError(f"a tensor reaches outside its storage {storage.key}")
        return view


_GLOBALS: Final[dict[tuple[str, str], object]] = {
    ("collections", "OrderedDict"): _OrderedDict(),
    ("torch._utils", "_rebuild_tensor_v2"): _RebuildTensor(),
    ("torch", "FloatStorage"): _ElementType("<f4"),
    ("torch", "LongStorage"): _ElementType("<i8"),
}


class _Unpickler(pickle.Unpickler):
    """Resolves the four names above."""

    def __init__(self, file: io.BytesIO) -> None:
        super().__init__(file)
        self._storages: dict[str, _Storage] = {}

    def find_class(self, module: str, name: str) -> Any:  # noqa: ANN401  as in the base class
        if (module, name) not in _GLOBALS:
            raise pickle.UnpicklingError(f"the name {module}.{name} has no place in a state dict")
        return _GLOBALS[module, name]

    def persistent_load(self, pid: Any) -> _Storage:  # noqa: ANN401  as in the base class
        match pid:
            case ("storage", _ElementType(dtype), str(key), str(), int(size), None) if size >= 0:
                storage = _Storage(key, dtype, size)
                if self._storages.setdefault(key, storage) == storage:
                    return storage
        raise pickle.UnpicklingError("a storage is described in an unknown way, or in two ways")


def read_state_dict(path: Path) -> dict[str, npt.NDArray[Any]]:
    """Read the tensors of a legacy PyTorch file.

    Args:
        path: Path of the file, which is read into memory as a whole.

    Returns:
        Name → array (float32 or int64, contiguous), in the order of the file.

    Raises:
        WeightsInvalid: If the file has another format or is damaged.
        OSError: If the file cannot be read.
    """
    file = io.BytesIO(path.read_bytes())
    try:
        views = _read_header(file)
        elements = _read_storages(file, {view.storage.key: view.storage for view in views.values()})
        return {name: view.read(elements[view.storage.key]) for name, view in views.items()}
    except Exception as error:  # hostile bytes can raise anything; the answer is the same
        raise WeightsInvalid(path, f"is not a legacy PyTorch state dict ({error})") from error


def _read_header(file: io.BytesIO) -> dict[str, _View]:
    if _unpickle(file) != _MAGIC or _unpickle(file) != _PROTOCOL:
        _refuse("the magic number or the protocol does not match")
    system = _unpickle(file)
    if not isinstance(system, dict) or system.get("little_endian") is not True:
        _refuse("it was not written on a little-endian machine")
    state = _unpickle(file)
    if not isinstance(state, _StateDict) or not all(isinstance(view, _View) for view in dict.values(state)):
        _refuse("it holds something other than tensors")
    return dict(state)


def _read_storages(file: io.BytesIO, expected: dict[str, _Storage]) -> dict[str, npt.NDArray[Any]]:
    keys = _unpickle(file)
    if not isinstance(keys, list) or sorted(keys) != sorted(expected):
        _refuse("the list of storages does not match the tensors")
    elements = {key: _read_elements(file, expected[key]) for key in keys}
    if file.read(1):
        _refuse("bytes follow the last storage")
    return elements


def _read_elements(file: io.BytesIO, storage: _Storage) -> npt.NDArray[Any]:
    (count,) = struct.unpack("<q", file.read(8))
    if count != storage.size:
        _refuse(f"storage {storage.key} has {count} elements instead of {storage.size}")
    dtype = np.dtype(storage.dtype)
    data = file.read(count * dtype.itemsize)
    if len(data) != count * dtype.itemsize:
        _refuse(f"storage {storage.key} is cut short")
    return np.frombuffer(data, dtype)


def _unpickle(file: io.BytesIO) -> Any:  # noqa: ANN401  the caller checks what it is
    """Load one pickle after checking that its opcodes can only build plain data."""
    start = file.tell()
    for place, (opcode, argument, _) in enumerate(pickletools.genops(file)):
        if opcode.name not in _OPCODES:
            _refuse(f"the opcode {opcode.name} has no place in a state dict")
        if opcode.name == "LONG_BINPUT" and isinstance(argument, int) and argument > place:
            _refuse("a memo index is out of order")  # the index alone would make the unpickler allocate gigabytes
    file.seek(start)
    return _Unpickler(file).load()


def _refuse(why: str) -> NoReturn:
    raise pickle.UnpicklingError(why)
