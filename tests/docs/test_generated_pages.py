"""The pages with a generated part are as `python -m scripts.documents` writes them now."""

import re
import sys
from pathlib import Path

import pytest

from scripts.documents import licences
from scripts.documents.pages import PAGES, REFERENCE, renewed


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_a_page_is_up_to_date(page: Path) -> None:
    if page.name == "licences.md" and sys.version_info[:2] != (3, 11):
        pytest.skip("the page is of the pins for Python 3.11; other versions have others")
    assert page.read_text(encoding="utf-8") == renewed(page), "run `python -m scripts.documents`"


def test_every_pin_of_the_service_has_its_licence() -> None:
    text = (REFERENCE / "licences.md").read_text(encoding="utf-8")
    rows = set(re.findall(r"^\| `([^`]+)` \|", text, re.MULTILINE))
    assert licences.pinned("serve-cpu") | licences.pinned("serve-gpu") <= rows


def test_a_licence_that_nothing_states_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(licences, "STATED", {})
    with pytest.raises(LookupError, match="namex states no licence"):
        licences.licence_of("namex")


def test_the_pictures_of_the_demo_are_said_to_be_non_commercial() -> None:
    assert licences.licence_of("elpv-dataset").startswith("CC-BY-NC-SA-4.0")
    assert "**non-commercial**" in (REFERENCE / "licences.md").read_text(encoding="utf-8")
