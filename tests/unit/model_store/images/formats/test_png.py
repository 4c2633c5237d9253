"""Text, colour profiles and animations in a PNG, however long or broken, cost nothing but themselves."""

import random
import zlib
from collections.abc import Callable

import numpy as np
import pytest
from PIL import Image

from model_store.errors import ImageRejected
from model_store.images.pixels import InputSpec, decode
from tests.support.images import encode, exif, picture, png_chunk, turned

SPEC = InputSpec(height=32, width=48)
PICTURE = encode(Image.fromarray(picture()), "PNG")
LONG = b"x" * 2_000_000
XMP = b"XML:com.adobe.xmp\0\1\0\0\0"


def with_chunk(chunk: bytes, data: bytes = PICTURE, *, before: bytes = b"IDAT") -> bytes:
    place = data.index(before) - 4
    return data[:place] + chunk + data[place:]


def broken(kind: bytes, content: bytes) -> bytes:
    return png_chunk(kind, content)[:-1] + b"\x99"


CHUNKS: dict[str, Callable[[], bytes]] = {
    "compressed text": lambda: png_chunk(b"zTXt", b"workflow\0\0" + zlib.compress(LONG)),
    "international text": lambda: png_chunk(b"iTXt", b"prompt\0\1\0\0\0" + zlib.compress(LONG)),
    "plain text": lambda: png_chunk(b"tEXt", b"parameters\0" + LONG),
    "metadata": lambda: png_chunk(b"iTXt", XMP + zlib.compress(LONG)),
    "profile": lambda: png_chunk(b"iCCP", b"scanner\0\0" + zlib.compress(random.Random(1).randbytes(1_500_000))),
    "profile of an unknown compression": lambda: png_chunk(b"iCCP", b"x\0\7" + zlib.compress(b"profile")),
    "text with a wrong checksum": lambda: broken(b"tEXt", b"Comment\0hello"),
    "empty chunks": lambda: b"".join(
        png_chunk(kind, b"") for kind in (b"gAMA", b"cHRM", b"sRGB", b"pHYs", b"eXIf", b"bKGD", b"iCCP", b"tEXt")
    ),
    "EXIF without a header": lambda: png_chunk(b"eXIf", bytes(64)),
    "EXIF that is cut": lambda: png_chunk(b"eXIf", b"II*\0"),
    "animation of no frame": lambda: png_chunk(b"acTL", b"\0\0"),
    "frame out of order": lambda: png_chunk(b"acTL", bytes((0, 0, 0, 2, 0, 0, 0, 0))) + png_chunk(b"fcTL", b"\7" * 26),
    "much text": lambda: b"".join(png_chunk(b"zTXt", b"%d\0\0" % n + zlib.compress(LONG[:999_999])) for n in range(70)),
}


@pytest.mark.parametrize("kind", CHUNKS)
@pytest.mark.parametrize("before", [b"IDAT", b"IEND"])
def test_text_and_profiles_never_cost_the_picture(kind: str, before: bytes) -> None:
    assert (decode(with_chunk(CHUNKS[kind](), before=before), SPEC).pixels == picture()).all()


def test_the_orientation_is_kept_beside_a_long_text() -> None:
    data = with_chunk(CHUNKS["compressed text"](), encode(Image.fromarray(picture()), "PNG", exif=exif(6)))
    assert (decode(data, InputSpec(height=48, width=32)).pixels == turned(picture(), 6)).all()
    tagged = with_chunk(png_chunk(b"iTXt", XMP[:-4] + b"\0\0\0\0" + b'<x tiff:Orientation="6"/>'), PICTURE)
    assert (decode(tagged, InputSpec(height=48, width=32)).pixels == turned(picture(), 6)).all()
    long = with_chunk(CHUNKS["compressed text"](), tagged)
    assert (decode(long, InputSpec(height=48, width=32)).pixels == turned(picture(), 6)).all()


def test_the_orientation_is_kept_beside_a_broken_animation() -> None:
    data = with_chunk(CHUNKS["frame out of order"](), encode(Image.fromarray(picture()), "PNG", exif=exif(6)))
    assert (decode(data, InputSpec(height=48, width=32)).pixels == turned(picture(), 6)).all()


def test_a_short_transparent_colour_is_damage_and_not_a_cut() -> None:
    with pytest.raises(ImageRejected, match="damaged") as caught:
        decode(with_chunk(png_chunk(b"tRNS", b"\0")), SPEC)
    assert caught.value.reason == "corrupt"


def test_a_picture_that_is_cut_is_truncated_whatever_text_it_has() -> None:
    noise = Image.fromarray(np.random.default_rng(2).integers(0, 256, (64, 64, 3)).astype(np.uint8))
    data = with_chunk(CHUNKS["compressed text"](), encode(noise, "PNG"))
    with pytest.raises(ImageRejected) as caught:
        decode(data[:-2000], SPEC)
    assert caught.value.reason == "truncated"
