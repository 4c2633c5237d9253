"""axe-core, which knows what keeps people from using a page."""

from importlib.resources import files
from typing import Any, Final

from playwright.sync_api import Page

_SCRIPT: Final = files("axe_playwright_python") / "axe.min.js"
_RULES: Final = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


def violations(page: Page) -> dict[str, list[str]]:
    """Return what axe-core finds on a page: rule to elements that break it."""
    page.evaluate(_SCRIPT.read_text(encoding="utf-8"))
    result: dict[str, Any] = page.evaluate("rules => axe.run({runOnly: rules})", _RULES)
    assert len(result["passes"]) > 15  # the rules were looked at
    return {one["id"]: [node["html"][:200] for node in one["nodes"][:3]] for one in result["violations"]}
