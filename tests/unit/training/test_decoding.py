from contextlib import ExitStack
from pathlib import Path

import numpy as np
import pytest
from rich.progress import Progress

from model_store.pixels import InputSpec, decode
from tests.unit.training.pictures import SMALL, labelled, write
from training.decoding import decode_all, temporary_pixels
from training.errors import CacheUnusable
from training.scan import scan


def test_the_rows_hold_what_the_one_decoder_makes_of_each_file(tmp_path: Path) -> None:
    write(tmp_path, labelled(["cats", "dogs"], 40) | {"cats/0000.png": b"no image"})  # more than one window
    found = scan(tmp_path)
    with temporary_pixels(81, SMALL) as pixels:
        decoded = [file for file in decode_all(found, SMALL, Progress(disable=True), pixels) if file.fate == "used"]
        assert len(decoded) == 80
        for file in decoded:
            assert np.array_equal(pixels[file.row], decode(file.location.read_bytes(), SMALL).pixels)


def test_the_temporary_pixels_are_gone_after_an_interruption(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    interrupted = ExitStack()
    interrupted.enter_context(temporary_pixels(10, SMALL))
    assert len(list(tmp_path.iterdir())) == 1
    interrupted.__exit__(KeyboardInterrupt, KeyboardInterrupt(), None)
    assert not list(tmp_path.iterdir())


def test_pixels_that_do_not_fit_on_the_disk_are_an_error_at_once() -> None:
    with (
        pytest.raises(CacheUnusable, match="decoded pixels do not go into"),
        temporary_pixels(10**12, InputSpec(height=4096, width=4096)),
    ):
        pytest.fail("there is no disk so large")


def test_no_images_need_no_room() -> None:
    with temporary_pixels(0, SMALL) as pixels:
        assert pixels.shape == (0, 16, 16, 3)
