"""axe-core, which knows what keeps people from using a page."""

from importlib.resources import files
from typing import Any, Final

from playwright.sync_api import Page

_SCRIPT: Final = files("axe_playwright_python") / "axe.min.js"
_RULES: Final = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
# Of what keeps the rules, and of selectors, a long page has megabytes, and nobody reads them.
_RUN: Final = """async rules => {
  const found = await axe.run({runOnly: rules, resultTypes: ["violations"], selectors: false});
  const broken = found.violations.map(({id, nodes}) => [id, nodes.slice(0, 3).map(one => one.html.slice(0, 200))]);
  return {kept: found.passes.length, broken};
}"""


def violations(page: Page) -> dict[str, list[str]]:
    """Return what axe-core finds on a page: rule to elements that break it."""
    if not page.evaluate("'axe' in window"):
        page.evaluate(_SCRIPT.read_text(encoding="utf-8"))
    result: dict[str, Any] = page.evaluate(_RUN, _RULES)
    assert result["kept"] > 15  # the rules were looked at
    return dict(result["broken"])
