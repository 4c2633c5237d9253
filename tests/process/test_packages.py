"""What is installed to serve is used: each pinned distribution is imported by a process that serves and renders."""

import json
import re
import subprocess
import sys
from importlib.metadata import packages_distributions
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parents[2]
UNUSED: Final = {
    "contourpy": "matplotlib asks for it; no plot has contours",
    "markdown-it-py": "rich has it for Markdown, which is never displayed",
    "mdurl": "markdown-it-py needs it",
    "openvino-telemetry": "openvino asks for it; its import is forbidden, and the image is without it",
    "tzdata": "python-dateutil asks for it; the system's time zones are used",
}
"""Distributions that nothing imports, each with the reason why it is installed."""

EVERYTHING: Final = """
import json, sys
from model_store.quiet import forbid_telemetry
forbid_telemetry()
import app.__main__, app.api.reference, app.commands.doctor, app.commands.evaluate, app.commands.predict
import app.commands.serve, app.client, app.inference.engines.openvino, app.local.session, app.main
import app.reports.rendering.matrix, app.reports.rendering.page, app.reports.rendering.table, app.server.process
import httpx, openvino
from matplotlib.figure import Figure
from uvicorn.loops.auto import auto_loop_factory
auto_loop_factory()
httpx.Client().close()
Figure().savefig("/dev/null", format="png")
print(json.dumps([name for name, module in sys.modules.items() if module]))
"""


def pinned() -> set[str]:
    text = (ROOT / "requirements" / "serve-cpu.txt").read_text(encoding="utf-8")
    return set(re.findall(r"^([\w.-]+)==", text, re.MULTILINE))


def test_every_package_of_the_image_is_imported_or_has_a_reason() -> None:
    command = [sys.executable, "-c", EVERYTHING]
    modules = json.loads(subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout)
    owners = packages_distributions()
    imported = {name.lower().replace("_", "-") for module in modules for name in owners.get(module.split(".")[0], [])}
    assert pinned() - imported == UNUSED.keys()
