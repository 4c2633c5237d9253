"""A real Chromium without a network but this machine; `prepare` installs it where that can be done."""

import os
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Literal

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

PREPARE: Final = Path(__file__).with_name("prepare")
NO_HOST: Final = "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"

Scheme = Literal["light", "dark"]
LOOKS: Final = [
    pytest.param(1280, "light"),
    pytest.param(390, "dark"),
    pytest.param(1280, "dark", marks=pytest.mark.thorough),
    pytest.param(390, "light", marks=pytest.mark.thorough),
]
"""Widths and schemes: each of them once, and all of them in `make test-thorough`."""


@dataclass
class Visit:
    """A page that was opened, and what the browser said and asked for meanwhile."""

    page: Page
    messages: list[str] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)
    """Addresses, without those of data inside the page."""

    def ask(self, request_url: str) -> None:
        """Note a request."""
        if not request_url.startswith(("data:", "blob:")):
            self.requests.append(request_url)


Open = Callable[..., Visit]


@pytest.fixture(scope="session")
def chromium() -> str:
    """Return the path of a Chromium."""
    done = subprocess.run([PREPARE], check=False, capture_output=True, text=True)
    if done.returncode:
        pytest.fail(done.stderr) if os.environ.get("CI") else pytest.skip(done.stderr)
    return done.stdout.splitlines()[-1]


@pytest.fixture(scope="session")
def browser(chromium: str) -> Iterator[Browser]:
    """Start the browser once."""
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=chromium, args=[NO_HOST])
        yield started
        started.close()


@pytest.fixture
def open_page(browser: Browser) -> Iterator[Open]:
    """Return a function that opens an address at a width in CSS pixels and in a colour scheme.

    For a file the network is off; for a page of a server on this machine only that machine can be reached. `prepare`
    gets the page before it opens the address. Further arguments are those of the browser's context.
    """
    contexts: list[BrowserContext] = []

    def visit(
        address: Path | str,
        *,
        width: int = 1280,
        scheme: Scheme = "light",
        prepare: Callable[[Page], None] = lambda _: None,
        **options: Any,  # noqa: ANN401
    ) -> Visit:
        is_file = isinstance(address, Path)
        look: dict[str, Any] = {"viewport": {"width": width, "height": 900}, "color_scheme": scheme}
        contexts.append(browser.new_context(**look, offline=is_file, **options))
        seen = Visit(contexts[-1].new_page())
        seen.page.on("console", lambda message: seen.messages.append(message.text))
        seen.page.on("pageerror", lambda error: seen.messages.append(str(error)))
        seen.page.on("request", lambda request: seen.ask(request.url))
        prepare(seen.page)
        seen.page.goto(address.as_uri() if isinstance(address, Path) else address)
        return seen

    yield visit
    for context in contexts:
        context.close()
