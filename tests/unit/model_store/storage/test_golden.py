import io
import os
from pathlib import Path

import numpy as np
import pytest

from model_store.errors import VersionCorrupt
from model_store.storage.golden import GOLDEN_NAME, MAX_GOLDEN, Golden, load_golden, save_golden


def samples(count: int = 2) -> Golden:
    dice = np.random.default_rng(1)
    pixels = dice.integers(0, 256, (count, 4, 5, 3), np.uint8)
    return Golden(pixels, dice.random((count, 3)).astype(np.float32))


def test_samples_come_back_as_they_were(tmp_path: Path) -> None:
    save_golden(tmp_path, samples())
    loaded = load_golden(tmp_path)
    assert (loaded.pixels == samples().pixels).all()
    assert (loaded.probabilities == samples().probabilities).all()


@pytest.mark.parametrize("count", [0, MAX_GOLDEN + 1])
def test_neither_none_nor_too_many_are_saved(tmp_path: Path, count: int) -> None:
    with pytest.raises(ValueError, match="1 to 16"):
        save_golden(tmp_path, samples(count))


def test_samples_without_answers_are_not_saved(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="as many of each"):
        save_golden(tmp_path, Golden(samples(2).pixels, samples(3).probabilities))


def _npz(**arrays: object) -> bytes:
    buffer = io.BytesIO()
    np.savez(buffer, **arrays)  # type: ignore[arg-type]
    return buffer.getvalue()


def _npy() -> bytes:
    buffer = io.BytesIO()
    np.save(buffer, samples().pixels)
    return buffer.getvalue()


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"junk",
        b"PK\3\4junk",
        _npy(),
        _npz(pixels=samples().pixels),
        _npz(pixels=samples().pixels.astype(float), probabilities=samples().probabilities),
        _npz(pixels=samples().pixels, probabilities=samples(3).probabilities),
        _npz(pixels=samples().pixels, probabilities=samples().probabilities.astype(float)),
        _npz(pixels=samples(17).pixels, probabilities=samples(17).probabilities),
        _npz(pixels=np.array([{"a": 1}]), probabilities=samples().probabilities),
    ],
)
def test_anything_else_is_corrupt(tmp_path: Path, data: bytes) -> None:
    (tmp_path / GOLDEN_NAME).write_bytes(data)
    with pytest.raises(VersionCorrupt, match=r"golden\.npz"):
        load_golden(tmp_path)


class _Hostile:
    def __init__(self, trace: Path) -> None:
        self.trace = trace

    def __reduce__(self) -> tuple[object, tuple[str]]:
        return os.mkdir, (str(self.trace),)


def test_a_pickle_is_not_run(tmp_path: Path) -> None:
    hostile = np.array([_Hostile(tmp_path / "trace")])
    (tmp_path / GOLDEN_NAME).write_bytes(_npz(pixels=hostile, probabilities=samples().probabilities))
    with pytest.raises(VersionCorrupt, match="allow_pickle"):
        load_golden(tmp_path)
    assert not (tmp_path / "trace").exists()


def test_a_file_cut_or_changed_anywhere_never_surprises(tmp_path: Path) -> None:
    save_golden(tmp_path, samples())
    whole = (tmp_path / GOLDEN_NAME).read_bytes()
    dice = np.random.default_rng(2)
    for _ in range(200):
        damaged = bytearray(whole)
        damaged[dice.integers(len(whole))] = dice.integers(256)
        (tmp_path / GOLDEN_NAME).write_bytes(damaged[: dice.integers(len(whole) // 2, len(whole) + 1)])
        try:
            load_golden(tmp_path)
        except VersionCorrupt as error:
            assert GOLDEN_NAME in str(error)  # noqa: PT017  damage may also go unnoticed here; the digest sees it
