"""`make screenshots`: every view of the page as a browser draws it, wide and narrow, light and dark.

It serves the demo's model, evaluates the demo's zip in the page as a person would, and takes the views from the page's
own list. `--readme` makes the README's pictures instead. Those show no photograph: the demo's are not ours to publish.
"""

import io
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import product
from pathlib import Path
from typing import Final, Literal

import click
from PIL import Image, ImageDraw
from playwright.sync_api import Browser, FilePayload, FloatRect, Locator, Page, Request, ViewportSize, sync_playwright

from model_store.commands.main import run
from scripts.demo.errors import DemoFailed
from scripts.demo.server import serving

ROOT: Final = Path(__file__).parents[1]
README_FOLDER: Final = ROOT / "docs" / "pictures"
PREPARE: Final = ROOT / "tests" / "browser" / "prepare"
"""Prints the path of a Chromium."""

Scheme = Literal["light", "dark"]
SCHEMES: Final[tuple[Scheme, ...]] = ("light", "dark")
SIZES: Final = ((1280, 800), (390, 844))
"""Width and height of the window, in CSS pixels; a picture is as high as its view."""
README_SCALE: Final = 1.5
"""Pixels to a CSS pixel."""
README_MARGIN: Final = 24
"""Around what is shown, in CSS pixels."""

_QUIET_MS: Final = 600
_EVALUATED_WITHIN_MS: Final = 120_000
_VIEWS: Final = "import('/web/lib/addresses.js').then(({addresses}) => addresses.map(({name, path}) => [name, path]))"
_SCROLL: Final = """async () => {
  for (let at = 0; at < document.body.scrollHeight; at += innerHeight / 2) {
    scrollTo(0, at);
    await new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)));
  }
  scrollTo(0, 0);
}"""


@click.command()
@click.option(
    "--demo", type=click.Path(file_okay=False, path_type=Path), default=Path(".cache/demo"), help="What the demo made."
)
@click.option(
    "--into",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path(tempfile.gettempdir(), "fullcount-screenshots"),
    show_default=True,
    help="Where the pictures go; they show photographs of the demo.",
)
@click.option("--readme", is_flag=True, help="Make the README's pictures, in docs/pictures.")
def screenshots(demo: Path, into: Path, *, readme: bool) -> None:
    """Take pictures of the page."""
    archive = demo / "held-out.zip"
    for needed in (archive, demo / "store"):
        if not needed.exists():
            raise DemoFailed(f"There is no {needed}; make it with: make demo SERVE=0")
    with tempfile.TemporaryDirectory() as place, _chromium() as browser:
        store = Path(place, "store")
        shutil.copytree(demo / "store", store, ignore=shutil.ignore_patterns("evaluations"))
        with serving(store, port=0, log=Path(place, "server.log")) as url:
            report = evaluate(browser, url, archive)
            pictures = take_for_readme if readme else take_all
            for picture in pictures(browser, url, report, README_FOLDER if readme else into):
                click.echo(picture)


@contextmanager
def _chromium() -> Iterator[Browser]:
    path = subprocess.run([PREPARE], check=True, stdout=subprocess.PIPE, text=True).stdout.splitlines()[-1]  # noqa: S603  our own
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path)
        yield browser
        browser.close()


def evaluate(browser: Browser, url: str, archive: Path) -> str:
    """Evaluate a labelled zip in the page, and return the report's id."""
    page = browser.new_page()
    page.goto(f"{url}/#/evaluate")
    page.locator("input[accept*=zip]").set_input_files(archive)
    page.locator("form [type=submit]").click()
    page.wait_for_url("**/#/evaluations/*", timeout=_EVALUATED_WITHIN_MS)
    page.close()
    return page.url.rsplit("/", 1)[1]


def views(browser: Browser, url: str, report: str) -> dict[str, str]:
    """Return the address of each view of the page by its name; a parameter is the report's id."""
    page = browser.new_page()
    page.goto(url)
    found = {name: f"{url}/#/{path.replace('*', report)}" for name, path in reversed(page.evaluate(_VIEWS))}
    page.close()
    return dict(reversed(found.items()))  # of several addresses the first


def take_all(browser: Browser, url: str, report: str, folder: Path) -> Iterator[Path]:
    """Take pictures of all views in all looks."""
    for size, scheme in product(SIZES, SCHEMES):
        yield from take(browser, url, report, folder, size=size, scheme=scheme)


def take(  # noqa: PLR0913  a look is two of them
    browser: Browser, url: str, report: str, folder: Path, *, size: tuple[int, int], scheme: Scheme
) -> Iterator[Path]:
    """Take a picture of every view in one look, and one of answers."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, address in views(browser, url, report).items():
        page = browser.new_page(viewport={"width": size[0], "height": size[1]}, color_scheme=scheme)
        show(page, address)
        yield _keep(page, folder / f"{name}-{size[0]}-{scheme}.png")
        if name == "predict":
            try_pictures(page)
            yield _keep(page, folder / f"{name}-answered-{size[0]}-{scheme}.png")
        page.close()


def take_for_readme(browser: Browser, url: str, report: str, folder: Path) -> Iterator[Path]:
    """Take pictures of a report's matrix and threshold."""
    folder.mkdir(parents=True, exist_ok=True)
    look = ViewportSize(width=SIZES[0][0], height=SIZES[0][1])
    for scheme in SCHEMES:
        page = browser.new_page(viewport=look, device_scale_factor=README_SCALE, color_scheme=scheme)
        page.route("**/thumbnails**", lambda route: route.abort())  # no photograph, whatever the layout
        show(page, views(browser, url, report)["report"])
        picture = page.screenshot(full_page=True, clip=_around(page.locator("#matrix")))
        page.close()
        path = folder / f"report-{scheme}.webp"
        Image.open(io.BytesIO(picture)).convert("RGB").save(path, lossless=True, quality=100, method=6)
        yield path


def _around(part: Locator) -> FloatRect:
    box = part.bounding_box()
    if box is None:
        raise DemoFailed("The page shows no matrix.")
    return {
        "x": box["x"] - README_MARGIN,
        "y": box["y"] - README_MARGIN,
        "width": box["width"] + 2 * README_MARGIN,
        "height": box["height"] + 2 * README_MARGIN,
    }


def show(page: Page, address: str) -> None:
    """Open a view and wait until it has all that it asks for, further down, too."""
    under_way: set[Request] = set()
    page.on("request", lambda one: under_way.add(one))  # noqa: PLW0108  Playwright cannot mark a built-in
    page.on("requestfinished", lambda one: under_way.discard(one))  # noqa: PLW0108
    page.on("requestfailed", lambda one: under_way.discard(one))  # noqa: PLW0108
    page.goto(address)
    for _ in range(2):
        page.wait_for_timeout(_QUIET_MS)
        while under_way:
            page.wait_for_timeout(_QUIET_MS)
        page.evaluate(_SCROLL)


def try_pictures(page: Page) -> None:
    """Have pictures answered that were drawn here."""
    files = [
        FilePayload(name=f"{name}.png", mimeType="image/png", buffer=draw_cell(is_cracked=is_cracked))
        for name, is_cracked in (("whole", False), ("cracked", True))
    ]
    page.locator("input[type=file]").first.set_input_files(files)
    page.locator(".cards .bars").nth(len(files) - 1).wait_for()


def draw_cell(*, is_cracked: bool) -> bytes:
    """Draw something like a solar cell under test: a bright square with round corners, busbars and perhaps a crack."""
    image = Image.new("L", (300, 300), 24)
    draw = ImageDraw.Draw(image)
    draw.rounded_rectangle((6, 6, 293, 293), radius=36, fill=158)
    for at in range(12, 293, 7):
        draw.line((at, 8, at, 291), fill=150)
    for at in (78, 150, 222):
        draw.rectangle((8, at - 3, 291, at + 3), fill=72)
    if is_cracked:
        draw.polygon([(40, 100), (96, 128), (132, 190), (118, 214), (60, 205)], fill=38)
        draw.line([(40, 100), (96, 128), (132, 190), (180, 204), (246, 270)], fill=20, width=4)
    data = io.BytesIO()
    image.save(data, "PNG")
    return data.getvalue()


def _keep(page: Page, path: Path) -> Path:
    page.screenshot(path=path, full_page=True)
    return path


if __name__ == "__main__":
    run(screenshots, sys.argv[1:], prog_name="make screenshots")
