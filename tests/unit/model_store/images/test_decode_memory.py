"""What `examine` tells of memory is compared with what decoding takes, in a process of its own."""

import math
import re
from pathlib import Path

import pytest

from benchmarks.decode_memory import Form, forms, measured
from model_store.images.examination import FIXED_BYTES, examine

FORMS = {(form.format, form.form): form for form in forms()}
ROWS = re.findall(r"^\| ([A-Z]+) \| (.+) \| (\d+) \|$", Path("docs/explanation/security.md").read_text(), re.MULTILINE)
TABLE = {(format_, form): int(number) for format_, form, number in ROWS}
"""Format and form → bytes a pixel, as the documents say."""


@pytest.mark.parametrize("row", TABLE, ids=", ".join)
def test_the_documents_say_what_is_told(row: tuple[str, str]) -> None:
    form = FORMS[row]
    told = examine(form.make(), form.spec).memory_bytes - FIXED_BYTES
    assert math.ceil(told / form.pixels) == TABLE[row]


def test_the_documents_name_a_form_of_every_format() -> None:
    assert {format_ for format_, _ in TABLE} == {format_ for format_, _ in FORMS}


@pytest.mark.parametrize(
    "form",
    [
        pytest.param(form, id=", ".join(row), marks=() if row in TABLE else pytest.mark.thorough)
        for row, form in FORMS.items()
    ],
)
def test_decoding_takes_no_more_than_was_told_and_not_far_less(form: Form) -> None:
    memory = measured(form.make(), form.spec)
    assert memory.taken <= memory.told <= 2.5 * memory.taken
