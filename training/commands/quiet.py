"""Loads TensorFlow while keeping its start-up messages off the terminal."""

import os

from model_store.quiet import hold_back_stderr


def quieten_tensorflow() -> None:
    """Load TensorFlow and Keras without their notes on CPU features, missing GPUs and unknown attributes.

    Call it before anything else loads TensorFlow. Errors still raise exceptions. The environment variable
    TF_CPP_MIN_LOG_LEVEL=0 shows everything.
    """
    level = os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    if level == "0":
        import keras  # noqa: PLC0415  this function loads it
    else:
        with hold_back_stderr():
            import keras  # noqa: PLC0415
            import tensorflow  # noqa: F401, ICN001, PLC0415
    keras.config.disable_interactive_logging()  # standard output is for results
