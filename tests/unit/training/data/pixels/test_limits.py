from pathlib import Path

import pytest
from rich.progress import Progress

from tests.support.pictures import SMALL, picture, write
from training.data.pixels.decoding import decode_all
from training.data.pixels.limits import image_limits
from training.data.scan import scan
from training.errors import ImageLimitInvalid

VARIABLES = ("FULLCOUNT_MAX_IMAGE_PIXELS", "FULLCOUNT_MAX_IMAGE_BYTES")


def test_the_defaults_are_those_of_the_service(monkeypatch: pytest.MonkeyPatch) -> None:
    for variable in VARIABLES:
        monkeypatch.setenv(variable, "")
    assert image_limits() == (32 * 2**20, 50_000_000)


@pytest.mark.parametrize(("variable", "limit"), [(VARIABLES[0], 24 * 20), (VARIABLES[1], len(picture(1)))])
def test_a_limit_decides_what_is_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, variable: str, limit: int
) -> None:
    found = scan(write(tmp_path, {"cats/a.png": picture(1)})).files
    monkeypatch.setenv(variable, str(limit))
    assert [file.fate for file in decode_all(found, SMALL, Progress(disable=True))] == ["used"]
    monkeypatch.setenv(variable, str(limit - 1))
    (file,) = decode_all(found, SMALL, Progress(disable=True))
    assert file.fate == "unreadable"
    assert variable in file.reason


@pytest.mark.parametrize("variable", VARIABLES)
@pytest.mark.parametrize("text", ["many", "0", "-3", "1e6"])
def test_a_limit_that_is_no_number_is_said(monkeypatch: pytest.MonkeyPatch, variable: str, text: str) -> None:
    monkeypatch.setenv(variable, text)
    with pytest.raises(ImageLimitInvalid, match=f"{variable} is '{text}'"):
        image_limits()


def test_a_limit_beyond_what_can_be_decoded_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLES[0], "1000000001")
    with pytest.raises(ImageLimitInvalid, match="1 to 1000000000"):
        image_limits()
