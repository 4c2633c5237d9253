"""Chooses the device that training runs on and makes its arithmetic repeatable."""

import keras
import tensorflow as tf

from training.errors import DeviceUnavailable


def prepare(device: str, seed: int) -> str:
    """Choose the device and seed everything random. Counts for the whole process.

    TF32 is off: golden samples are the reference for every engine and must hold float32 answers.

    Args:
        device: `gpu` or `gpu:N` insists on one; `auto` takes one if there is one.
        seed: Of Python, NumPy and TensorFlow.

    Returns:
        The name of the device, as TensorFlow calls its kind.

    Raises:
        DeviceUnavailable: A GPU was asked for and TensorFlow sees none.
    """
    gpus = tf.config.list_physical_devices("GPU")
    chosen = gpus[:1]
    if device.startswith("gpu"):
        number = int(device.partition(":")[2] or 0)
        chosen = gpus[number : number + 1]
        if not chosen:
            raise DeviceUnavailable(device)
    elif device == "cpu":
        chosen = []
    if gpus:
        tf.config.set_visible_devices(chosen, "GPU")
    for gpu in chosen:
        tf.config.experimental.set_memory_growth(gpu, enable=True)  # a server may share the card
    keras.utils.set_random_seed(seed)
    tf.config.experimental.enable_op_determinism()
    tf.config.experimental.enable_tensor_float_32_execution(False)  # noqa: FBT003  TensorFlow's signature
    return "GPU" if chosen else "CPU"
