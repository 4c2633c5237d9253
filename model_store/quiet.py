"""Disables the usage telemetry of OpenVINO and NNCF, which otherwise report on import, and holds back stderr."""

import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

from model_store.errors import FullcountError

REPORTING: Final = ("openvino_telemetry", "openvino.tools.ovc")
"""Modules with telemetry. The first sends usage data to Google Analytics; the second, a converter that nothing here
needs, does so when `openvino` imports it. Their importers handle a missing module."""


def forbid_telemetry() -> None:
    """Make importing those modules fail in this process; call it before `import openvino`."""
    modules: dict[str, Any] = sys.modules
    for name in REPORTING:
        modules.setdefault(name, None)  # None in `sys.modules` makes an import fail


@contextmanager
def hold_back_stderr() -> Iterator[None]:
    """Hold back what native code writes to standard error, and print it only if an unexpected error occurs.

    TensorFlow writes to standard error while it loads, before its log level applies. For commands only: in a service,
    the log lines of other threads would be lost as well.
    """
    with tempfile.TemporaryFile() as held:
        sys.stderr.flush()
        terminal = os.dup(2)
        os.dup2(held.fileno(), 2)
        try:
            yield
        except FullcountError:  # expected: its message is enough
            raise
        except Exception:
            held.seek(0)
            os.write(terminal, held.read())
            raise
        finally:
            os.dup2(terminal, 2)
            os.close(terminal)
