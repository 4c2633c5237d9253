"""An archive of arrays is read whole, or refused with a reason, in bounded memory."""

import tracemalloc
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from model_store.storage import arrays
from model_store.storage.arrays import read_arrays

MIB = 2**20


def header(shape: str, dtype: str = "|u1") -> bytes:
    """Return the beginning of an `.npy` that declares a shape."""
    text = f"{{'descr': '{dtype}', 'fortran_order': False, 'shape': {shape}, }}".ljust(117).encode() + b"\n"
    return b"\x93NUMPY\x01\x00" + len(text).to_bytes(2, "little") + text


def archive(path: Path, *members: tuple[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> None:
    with zipfile.ZipFile(path, "w", method) as packed:
        for name, data in members:
            packed.writestr(name, data)


def test_every_array_comes_back(tmp_path: Path) -> None:
    np.savez_compressed(tmp_path / "x.npz", a=np.arange(5), b=np.zeros((2, 3), np.uint8))
    found = read_arrays(tmp_path / "x.npz")
    assert found["a"].tolist() == [0, 1, 2, 3, 4]
    assert found["b"].shape == (2, 3)


HOSTILE: dict[str, Callable[[Path], None]] = {
    "nothing": Path.touch,
    "a folder": Path.mkdir,
    "a bomb": lambda path: archive(path, ("a.npy", header(f"({20 * MIB},)") + bytes(20 * MIB))),
    "a huge shape": lambda path: archive(path, ("a.npy", header("(1099511627776,)"))),
    "a shape without end": lambda path: archive(path, ("a.npy", header(f"({'9' * 60},)"))),
    "a negative shape": lambda path: archive(path, ("a.npy", header("(-5,)") + bytes(5))),
    "objects": lambda path: np.savez(path, a=np.array([{"a": 1}])),
    "code in the header": lambda path: archive(path, ("a.npy", header("(__import__('os').getpid(),)"))),
    "many arrays": lambda path: archive(path, *[(f"{number}.npy", b"") for number in range(100)]),
    "bzip2": lambda path: archive(path, ("a.npy", header("(5,)") + bytes(5)), method=zipfile.ZIP_BZIP2),
    "no zip": lambda path: np.asarray(range(5)).tofile(path),
    "another zip": lambda path: archive(path, ("readme.txt", b"hello")),
}


@pytest.mark.parametrize("hostile", HOSTILE)
def test_anything_else_is_refused_in_bounded_memory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, hostile: str
) -> None:
    monkeypatch.setattr(arrays, "MAX_ARRAYS_BYTES", 5 * MIB)
    HOSTILE[hostile](tmp_path / "x.npz")
    tracemalloc.start()
    with pytest.raises(ValueError, match=r"\w"):
        read_arrays(tmp_path / "x.npz")
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert most < 10 * MIB or hostile == "a huge shape"  # which is asked for and, if it is granted, never touched
