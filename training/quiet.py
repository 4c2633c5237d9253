"""Keeps TensorFlow's start-up chatter off the terminal. Must run before TensorFlow is loaded, and loads it."""

import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager


def quieten_tensorflow() -> None:
    """Load TensorFlow and Keras without their notes on CPU features, missing GPUs and unknown attributes.

    What is wrong still comes as an exception. TF_CPP_MIN_LOG_LEVEL=0 in the environment shows everything.
    """
    level = os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    if level == "0":
        import keras  # noqa: PLC0415  this is the place that loads it
    else:
        with _held_back_standard_error():
            import keras  # noqa: PLC0415
            import tensorflow  # noqa: F401, ICN001, PLC0415
    keras.config.disable_interactive_logging()  # standard output is for results


@contextmanager
def _held_back_standard_error() -> Iterator[None]:
    """Hold back what native code writes to standard error before its log level counts; show it if something fails."""
    with tempfile.TemporaryFile() as held:
        sys.stderr.flush()
        terminal = os.dup(2)
        os.dup2(held.fileno(), 2)
        try:
            yield
        except Exception:
            held.seek(0)
            os.write(terminal, held.read())
            raise
        finally:
            os.dup2(terminal, 2)
            os.close(terminal)
