"""What the commands of both sides do with the terminal beyond `click` and `rich`."""

import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager

from model_store.errors import FullcountError


@contextmanager
def held_back_standard_error() -> Iterator[None]:
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
