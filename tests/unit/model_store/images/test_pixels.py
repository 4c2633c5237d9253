import pickle
import subprocess
import sys

import pytest
from PIL import Image, ImageFile
from PIL.GifImagePlugin import GifImageFile
from pydantic import ValidationError

from model_store.errors import ImageRejected
from model_store.images.pixels import InputSpec, decode
from tests.support.images import encode


@pytest.mark.parametrize(
    "wrong",
    [
        {"height": 0},
        {"width": 4097},
        {"background": (0, 0)},
        {"background": (0, 0, 256)},
        {"formats": ()},
        {"formats": ("PSD",)},
        {"resize": "pad"},
        {"interpolation": "cubic"},
        {"colour": "grey"},
    ],
)
def test_an_input_that_makes_no_sense_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        InputSpec.model_validate({"height": 8, "width": 8, **wrong})


def test_formats_have_one_order_whatever_order_they_are_named_in() -> None:
    one, other = (InputSpec(height=8, width=8, formats=names) for names in (("PNG", "JPEG"), ("JPEG", "PNG", "PNG")))
    assert one == other


def test_an_input_survives_json() -> None:
    spec = InputSpec(height=8, width=9, resize="crop", background=(1, 2, 3), draft=False, formats=("AVIF",))
    assert InputSpec.model_validate_json(spec.model_dump_json()) == spec


def test_a_rejection_crosses_from_one_process_to_another() -> None:
    rejected = pickle.loads(pickle.dumps(ImageRejected("empty", "The file is empty.")))  # noqa: S301  our own
    assert (rejected.reason, rejected.detail, str(rejected)) == ("empty", "The file is empty.", "The file is empty.")


def test_what_pillow_warns_of_is_neither_an_error_nor_logged() -> None:
    exif = b"Exif\0\0II*\0\x08\0\0\0\x01\0" + b"\x12\1\3\0\2\0\0\0\6\0\6\0" + bytes(4)  # two orientations
    data = encode(Image.new("RGB", (8, 8)), "JPEG", exif=exif)
    code = """
import sys
from model_store.images.pixels import InputSpec, decode
print(decode(sys.stdin.buffer.read(), InputSpec(height=8, width=8)).format)
"""
    done = subprocess.run([sys.executable, "-W", "error", "-c", code], input=data, capture_output=True, check=False)
    assert (done.stdout, done.stderr) == (b"JPEG\n", b"")


@pytest.mark.parametrize("place", ["load", "resize"])
def test_a_machine_out_of_memory_is_not_the_fault_of_the_file(place: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def no_memory(*_: object, **__: object) -> None:
        raise MemoryError

    monkeypatch.setattr(ImageFile.ImageFile if place == "load" else Image.Image, place, no_memory)
    with pytest.raises(MemoryError):
        decode(encode(Image.new("RGB", (9, 9)), "BMP"), InputSpec(height=8, width=8))


def test_no_parser_of_a_format_that_is_not_accepted_sees_the_bytes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(GifImageFile, "_open", lambda _: pytest.fail("the GIF parser was called"))
    with pytest.raises(ImageRejected) as caught:
        decode(encode(Image.new("L", (9, 9)), "GIF"), InputSpec(height=8, width=8, formats=("PNG", "JPEG")))
    assert caught.value.reason == "format-not-allowed"
