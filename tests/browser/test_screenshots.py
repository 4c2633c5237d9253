"""`make screenshots` takes what the page has, here of a served model that is none."""

import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Browser

from scripts.screenshots import evaluate, take, take_for_readme
from tests.process.test_server import started
from tests.support.fakes import grey, publish, zip_of

pytestmark = pytest.mark.thorough
VIEWS = (Path(__file__).parents[2] / "app" / "web" / "lib" / "addresses.js").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Serve a model with a positive label."""
    store = tmp_path_factory.mktemp("store")
    publish(store, positive="light", threshold=0.5)
    with started(store) as server:
        server.wait_for("is ready")
        yield server.url


@pytest.fixture(scope="module")
def report(browser: Browser, url: str, tmp_path_factory: pytest.TempPathFactory) -> str:
    """Evaluate in the page."""
    archive = tmp_path_factory.mktemp("zip") / "shades.zip"
    archive.write_bytes(
        zip_of({f"{label}/{level}.png": grey(level) for label in ("dark", "light") for level in (9, 200)})
    )
    return evaluate(browser, url, archive)


def test_every_view_has_its_picture(browser: Browser, url: str, report: str, tmp_path: Path) -> None:
    pictures = list(take(browser, url, report, tmp_path, size=(390, 844), scheme="dark"))
    names = {*re.findall(r'^  \{ name: "(\w+)"', VIEWS, re.MULTILINE), "predict-answered"}
    assert sorted(one.name for one in pictures) == sorted(f"{name}-390-dark.png" for name in names)
    for one in pictures:
        with Image.open(one) as picture:
            assert picture.width == 390
            assert len(picture.getcolors(1 << 20) or ()) > 100  # letters, not an empty page


def test_the_readmes_pictures_are_one_in_both_colours(browser: Browser, url: str, report: str, tmp_path: Path) -> None:
    light, dark = (Image.open(one).convert("L") for one in take_for_readme(browser, url, report, tmp_path))
    assert light.size == dark.size
    assert np.asarray(light).mean() > 200
    assert np.asarray(dark).mean() < 60
