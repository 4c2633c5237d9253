"""What `examine` tells of memory is compared with what decoding takes, in a process of its own."""

import pytest

from benchmarks.decode_memory import Form, forms, measured

FORMS = {f"{form.format} {form.form}": form for form in forms()}
QUICK = {
    "JPEG L, turned",
    "JPEG RGB",
    "JPEG CMYK, progressive",
    "JPEG RGB, cut",
    "JPEG RGB, shrunk, progressive",
    "PNG L",
    "PNG L, 16 bits, transparent",
    "PNG LA, 16 bits, lower only",
    "PNG RGB, turned",
    "PNG L, one row",
    "PNG L, one column",
    "WEBP RGB, turned",
    "WEBP RGBA, lossless",
    "GIF palette, transparent",
    "BMP 24 bits, one row",
    "BMP RLE of 8 bits",
    "TIFF L",
    "TIFF RGB, LZW",
    "TIFF RGB, turned",
    "TIFF RGB, two strips",
    "AVIF RGB",
}


def _case(name: str, form: Form) -> object:
    return pytest.param(form, id=name, marks=() if name in QUICK else pytest.mark.thorough)


def test_the_quick_ones_are_among_the_forms() -> None:
    assert FORMS.keys() >= QUICK


@pytest.mark.parametrize("form", [_case(name, form) for name, form in FORMS.items()])
def test_decoding_takes_no_more_than_was_told_and_not_far_less(form: Form) -> None:
    memory = measured(form.make(), form.spec)
    assert memory.taken <= memory.told <= 2.5 * memory.taken
