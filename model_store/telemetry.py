"""No request to any other host: OpenVINO and NNCF report to their makers on import, unless they are kept from it."""

import sys
from typing import Any, Final

REPORTING: Final = ("openvino_telemetry", "openvino.tools.ovc")
"""The first sends usage data to Google Analytics; the second does so when `openvino` imports it, and is a converter
that nothing here needs. Whoever imports them goes on without."""


def forbid_telemetry() -> None:
    """Make those modules look as if they were not installed, in this process; to be called before `import openvino`."""
    modules: dict[str, Any] = sys.modules
    for name in REPORTING:
        modules.setdefault(name, None)  # Python's mark of an import that shall fail
