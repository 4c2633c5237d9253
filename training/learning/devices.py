"""Chooses the devices for training and makes its arithmetic repeatable."""

from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import Any

import keras
import tensorflow as tf

from training.config import Precision
from training.errors import DeviceUnavailable


@dataclass(frozen=True)
class Devices:
    """The devices for training.

    Attributes:
        kind: `CPU` or `GPU`.
        count: Number of devices.
        strategy: Strategy that spreads every batch over several GPUs of this machine; None with one device.
    """

    kind: str
    count: int
    strategy: Any = None

    def scope(self) -> AbstractContextManager[Any]:
        """Return the context in which to build a model that trains on all of them."""
        return self.strategy.scope() if self.strategy is not None else nullcontext()

    def policy(self, precision: Precision) -> str:
        """Return the name of Keras' dtype policy for fine-tuning.

        On a CPU `auto` means float32: a step in bfloat16 was measured to take 1.7 times as long.
        """
        if precision == "float32" or (precision == "auto" and self.kind == "CPU"):
            return "float32"
        return "mixed_float16" if self.kind == "GPU" else "mixed_bfloat16"

    @property
    def compiles(self) -> bool:
        """True if XLA helps: it does on one GPU; on a CPU it is many times slower than the plain graph."""
        return self.kind == "GPU" and self.strategy is None


def prepare(device: str, seed: int) -> Devices:
    """Choose the devices and seed everything random, for the whole process.

    TF32 is off: golden samples are the reference for every engine and must hold float32 answers.

    Args:
        device: `auto` for all GPUs, else the CPU; `gpu` or `gpu:N` to require one.
        seed: Seed for Python, NumPy and TensorFlow.

    Raises:
        DeviceUnavailable: If a GPU is required and TensorFlow does not see it.
    """
    gpus = tf.config.list_physical_devices("GPU")
    chosen = gpus if device == "auto" else []
    if device.startswith("gpu"):
        number = int(device.partition(":")[2] or 0)
        chosen = gpus[number : number + 1]
        if not chosen:
            raise DeviceUnavailable(device)
    if gpus:
        tf.config.set_visible_devices(chosen, "GPU")
    for gpu in chosen:
        tf.config.experimental.set_memory_growth(gpu, enable=True)  # a server may share the card
    keras.utils.set_random_seed(seed)
    tf.config.experimental.enable_op_determinism()
    tf.config.experimental.enable_tensor_float_32_execution(False)  # noqa: FBT003  TensorFlow's signature
    if not chosen:
        return Devices("CPU", 1)
    return Devices("GPU", len(chosen), tf.distribute.MirroredStrategy() if len(chosen) > 1 else None)
