"""Every layout of samples is read right or refused with its numbers; a thumbnail never stands for a photograph."""

import zlib

import numpy as np
import pytest

from model_store.errors import ImageRejected
from model_store.images.pixels import InputSpec, Pixels, decode
from tests.support.images import picture
from tests.support.tiffs import Samples, planes, usual_tags, write_tiff

SPEC = InputSpec(height=32, width=48)
COLOURS = picture()
CFA = {254: [0], 256: [6000], 257: [4000], 258: [14], 259: [1], 262: [32803], 277: [1]}


def deep(samples: Pixels, order: str = "<") -> Samples:
    return (samples * np.uint16(257)).astype(f"{order}u2")


def rejection(data: bytes) -> ImageRejected:
    with pytest.raises(ImageRejected) as caught:
        decode(data, SPEC)
    assert "damaged" not in caught.value.detail
    return caught.value


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize(("alpha", "packed"), [(False, False), (False, True), (True, False), (True, True)])
def test_planes_of_16_bits_are_read_right(order: str, alpha: bool, packed: bool) -> None:  # noqa: FBT001
    opaque = np.full((*COLOURS.shape[:2], 1), 255, np.uint8)
    samples = deep(np.concatenate([COLOURS, opaque], axis=2) if alpha else COLOURS, order)
    more = {"t284": [2], "t259": [8 if packed else 1]} | ({"t338": [2]} if alpha else {})
    strips = [zlib.compress(one) if packed else one for one in planes(samples)]
    data = write_tiff(usual_tags(samples, 2, **more), strips, order=order)
    assert (decode(data, SPEC).pixels == COLOURS).all()


def _refused() -> dict[str, tuple[bytes, str]]:
    """Sound files that are not read, each with words of the refusal."""
    noise = np.random.default_rng(5)
    bands = noise.integers(0, 4000, (8, 9, 13)).astype("<u2")
    grey = noise.integers(0, 200, (8, 9, 1)).astype(np.uint8)
    cmyk = noise.integers(0, 60000, (8, 9, 4)).astype("<u2")
    wide = noise.normal(size=(8, 9, 1)).astype("<f8")
    nine = noise.integers(0, 200, (8, 9, 9)).astype(np.uint8)
    pair = noise.integers(0, 200, (8, 9, 2)).astype(np.uint8)
    colour = noise.integers(0, 200, (8, 8, 3)).astype(np.uint8)
    return {
        "bands": (write_tiff(usual_tags(bands, 1), [bands.tobytes()]), "13 bands of 16 bits"),
        "band planes": (
            write_tiff(usual_tags(nine, 1, t284=[2], t338=[0] * 8), planes(nine)),
            "9 bands of 8 bits, unsigned, grey .photometric 1., each band by itself",
        ),
        "signed 16": (write_tiff(usual_tags(bands[..., :1], 1, t339=[2]), planes(bands[..., :1])), "16 bits, signed"),
        "signed 8": (write_tiff(usual_tags(grey, 1, t339=[2]), [grey.tobytes()]), "8 bits, signed"),
        "doubles": (write_tiff(usual_tags(wide, 1, t339=[3]), [wide.tobytes()]), "64 bits, floating point"),
        "CMYK planes": (write_tiff(usual_tags(cmyk, 5, t284=[2]), planes(cmyk)), "4 bands of 16 bits.*by itself"),
        "alpha plane": (
            write_tiff(usual_tags(pair, 1, t284=[2], t338=[2], t259=[8]), [zlib.compress(one) for one in planes(pair)]),
            "2 bands of 8 bits.*by itself",
        ),
        "compression": (write_tiff(usual_tags(grey, 1, t259=[34887]), [b"Lerc2 "]), "compression LERC .34887."),
        "unknown compression": (write_tiff(usual_tags(grey, 1, t259=[777]), [b"x"]), "compression unknown .777."),
        "subsampled": (write_tiff(usual_tags(colour, 6, t530=[2, 2]), [bytes(96)]), "colour for 2x2 pixels"),
        "mask": (write_tiff(usual_tags(grey, 1, t254=[4]), [grey.tobytes()]), "mask .subfile type 4."),
        "smaller copy": (
            write_tiff(usual_tags(grey, 1, t254=[1]), [grey.tobytes()], next_tags=usual_tags(grey, 1)),
            "smaller copy of another picture in it .subfile type 1.",
        ),
    }


@pytest.mark.parametrize("case", _refused())
def test_a_sound_tiff_that_is_not_read_is_refused_with_its_numbers(case: str) -> None:
    data, words = _refused()[case]
    refused = rejection(data)
    assert refused.reason == "unsupported-mode"
    with pytest.raises(ImageRejected, match=words):
        raise refused


def _raws() -> dict[str, bytes]:
    """Camera raw photographs: a thumbnail that could be read, and beside it what the camera saw."""
    small = COLOURS[:8, :8].copy()
    thumbnail, strips = usual_tags(small, 2, t254=[1]), [small.tobytes()]
    nef = {**thumbnail, 271: b"NIKON CORPORATION\0"}
    return {
        "NEF": write_tiff(nef, strips, order=">", subdirectories=[{**CFA, 259: [34713]}]),
        "ARW": write_tiff({**thumbnail, 271: b"SONY\0"}, strips, subdirectories=[{**CFA, 259: [32767]}]),
        "DNG": write_tiff({**thumbnail, 50706: [1, 4, 0, 0]}, strips, subdirectories=[{**CFA, 262: [34892]}]),
        "DNG with its preview last": write_tiff({**usual_tags(small, 2), 50706: [1, 6, 0, 0]}, strips),
        "no mark of a thumbnail": write_tiff(usual_tags(small, 2), strips, subdirectories=[thumbnail, CFA]),
        "the picture after it": write_tiff(thumbnail, strips, next_tags=CFA),
        "PEF": write_tiff(CFA, strips),
    }


@pytest.mark.parametrize("case", _raws())
def test_camera_raw_is_never_answered_from_its_thumbnail(case: str) -> None:
    refused = rejection(_raws()[case])
    assert refused.reason == "not-an-image"
    assert "camera raw" in refused.detail
    assert "export it as JPEG or TIFF" in refused.detail
    assert ("NIKON CORPORATION" in refused.detail) == (case == "NEF")


def test_cr2_is_camera_raw() -> None:
    small = COLOURS[:8, :8].copy()
    data = write_tiff(usual_tags(small, 2), [b"CR\2\0" + small.tobytes()])
    assert "camera raw" in rejection(data).detail


@pytest.mark.parametrize("beside", ["subdirectories", "next_tags"])
def test_a_pyramid_is_read_from_its_largest_picture(beside: str) -> None:
    level = {256: [24], 257: [16], 258: [8, 8, 8], 259: [1], 262: [2], 277: [3], 254: [1]}
    tags, strips = usual_tags(COLOURS, 2), [COLOURS.tobytes()]
    pyramids = {
        "subdirectories": write_tiff(tags, strips, subdirectories=[level]),
        "next_tags": write_tiff(tags, strips, next_tags=level),
    }
    assert (decode(pyramids[beside], SPEC).pixels == COLOURS).all()


def test_a_picture_that_is_alone_is_read_whatever_its_subfile_type() -> None:
    data = write_tiff(usual_tags(COLOURS, 2, t254=[1]), [COLOURS.tobytes()])
    assert (decode(data, SPEC).pixels == COLOURS).all()


@pytest.mark.parametrize("more", [{"t254": [2]}, {"t297": [0, 7]}])
def test_the_first_page_of_several_is_read(more: dict[str, list[int]]) -> None:
    data = write_tiff(usual_tags(COLOURS, 2, **more), [COLOURS.tobytes()], next_tags=usual_tags(COLOURS, 2))
    assert (decode(data, SPEC).pixels == COLOURS).all()


def test_a_damaged_directory_beside_the_picture_costs_nothing() -> None:
    data = write_tiff(usual_tags(COLOURS, 2, t330=[9, 2**31, 8]), [COLOURS.tobytes()])
    assert (decode(data, SPEC).pixels == COLOURS).all()
