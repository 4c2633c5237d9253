"""Keeps TensorFlow's start-up chatter off the terminal. Must run before TensorFlow is loaded, and loads it."""

import os

from model_store.quiet import hold_back_stderr


def quieten_tensorflow() -> None:
    """Load TensorFlow and Keras without their notes on CPU features, missing GPUs and unknown attributes.

    What is wrong still comes as an exception. TF_CPP_MIN_LOG_LEVEL=0 in the environment shows everything.
    """
    level = os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    if level == "0":
        import keras  # noqa: PLC0415  this is the place that loads it
    else:
        with hold_back_stderr():
            import keras  # noqa: PLC0415
            import tensorflow  # noqa: F401, ICN001, PLC0415
    keras.config.disable_interactive_logging()  # standard output is for results
