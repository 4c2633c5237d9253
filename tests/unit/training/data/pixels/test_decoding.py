from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from PIL import Image
from rich.progress import Progress

from model_store.images.fingerprint import perceptual_hash, pixel_digest
from model_store.images.pixels import decode
from tests.support.pictures import SMALL, encoded, labelled, picture, write
from training.data.pixels.arrays import reserve_array
from training.data.pixels.decoding import decode_all
from training.data.pixels.near_duplicates import REFERENCE, is_blank
from training.data.scan import scan

SILENCE = Progress(disable=True)


def test_the_rows_hold_what_the_one_decoder_makes_of_each_file(tmp_path: Path) -> None:
    found = scan(
        write(tmp_path, labelled(["cats", "dogs"], 40) | {"cats/0000.png": b"no image"})
    ).files  # over one window
    pixels = np.zeros((81, 16, 16, 3), np.uint8)
    decoded = [file for file in decode_all(found, SMALL, SILENCE, pixels) if file.fate == "used"]
    assert len(decoded) == 80
    for file in decoded:
        assert np.array_equal(pixels[file.row], decode(file.location.read_bytes(), SMALL).pixels)


def test_what_is_known_of_a_file_is_of_the_input_and_its_identity_of_the_reference(tmp_path: Path) -> None:
    (file,) = decode_all(scan(write(tmp_path, {"cats/a.png": picture(1, "GIF")})).files, SMALL, SILENCE)
    small, reference = (decode(picture(1, "GIF"), spec).pixels for spec in (SMALL, REFERENCE))
    assert (file.pixel_digest, file.perceptual_hash) == (pixel_digest(small), perceptual_hash(small))
    assert file.identity == pixel_digest(reference)
    assert (file.format, file.width, file.height, file.is_blank) == ("GIF", 24, 20, False)


def test_at_the_reference_size_the_identity_is_the_digest_of_the_pixels(tmp_path: Path) -> None:
    (file,) = decode_all(scan(write(tmp_path, {"cats/a.png": picture(1)})).files, REFERENCE, SILENCE)
    assert file.identity == file.pixel_digest


@pytest.mark.parametrize(("noise", "expected"), [(0, True), (0.5, True), (5, False)])
def test_a_picture_is_blank_if_nearly_all_of_it_is_one_colour(noise: float, expected: bool) -> None:  # noqa: FBT001
    values = np.random.default_rng(0).normal((40, 90, 200), noise, (300, 300, 3)).round().astype(np.uint8)
    values[0, 0] = 255  # a speck
    assert is_blank(decode(encoded(Image.fromarray(values)), REFERENCE).pixels) is expected


@pytest.mark.parametrize("rows", [2, 10**12])
def test_an_array_that_does_not_fit_is_an_error_before_it_takes_what_others_need(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, rows: int
) -> None:
    monkeypatch.setattr("shutil.disk_usage", lambda _: SimpleNamespace(free=5000))
    monkeypatch.setattr("os.posix_fallocate", lambda *_: pytest.fail("it takes all that is left"))
    with pytest.raises(OSError, match="No space left"):
        reserve_array(tmp_path / "pixels", (rows, 4096))
    assert not list(tmp_path.iterdir())


def test_an_empty_array_needs_no_file(tmp_path: Path) -> None:
    assert reserve_array(tmp_path / "pixels", (0, 16, 16, 3)).shape == (0, 16, 16, 3)
    assert not list(tmp_path.iterdir())
