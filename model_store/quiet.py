"""No request to any other host: OpenVINO and NNCF report to their makers on import, unless they are kept from it."""

import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

from model_store.errors import FullcountError

REPORTING: Final = ("openvino_telemetry", "openvino.tools.ovc")
"""The first sends usage data to Google Analytics; the second does so when `openvino` imports it, and is a converter
that nothing here needs. Whoever imports them goes on without."""


def forbid_telemetry() -> None:
    """Make those modules look as if they were not installed, in this process; to be called before `import openvino`."""
    modules: dict[str, Any] = sys.modules
    for name in REPORTING:
        modules.setdefault(name, None)  # Python's mark of an import that shall fail


@contextmanager
def hold_back_stderr() -> Iterator[None]:
    """Hold back what native code writes to standard error, for commands only; show it if something fails unforeseen.

    TensorFlow speaks on loading before its log level counts. A service must not hold back its log: another thread's
    lines would be lost with it.
    """
    with tempfile.TemporaryFile() as held:
        sys.stderr.flush()
        terminal = os.dup(2)
        os.dup2(held.fileno(), 2)
        try:
            yield
        except FullcountError:  # says itself what is wrong
            raise
        except Exception:
            held.seek(0)
            os.write(terminal, held.read())
            raise
        finally:
            os.dup2(terminal, 2)
            os.close(terminal)
