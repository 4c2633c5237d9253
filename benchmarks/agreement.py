"""Agreement of each engine and precision with the Keras model, on 500 photographs of solar cells.

Run: `python -m benchmarks.agreement`. Trains as the demo does (2 minutes) and makes an int8 variant. Prints the number
of equal top labels and the largest difference of a probability for each engine and precision. The photographs are the
158 test images and validation images, which the network was not trained on.
"""

import tempfile
from pathlib import Path

import numpy as np
from rich.console import Console
from rich.progress import Progress
from rich.table import Table

import training
from app.inference.engines.loading import load_engine
from app.settings import Settings
from model_store.images.pixels import decode
from model_store.precision import Precision
from model_store.store import ModelStore
from scripts.demo.cells import POSITIVE, lay_out
from training.commands.quiet import quieten_tensorflow
from training.variants.requantizing import publish_quantized

IMAGES = 500
ENGINES: tuple[tuple[str, Precision], ...] = (
    ("tensorflow", "f32"),
    ("openvino", "f32"),
    ("openvino", "bf16"),
    ("openvino", "int8"),
)


def main() -> None:
    """Train, quantise, compare and print."""
    with tempfile.TemporaryDirectory() as folder:
        data, store = lay_out(Path(folder)).folder, Path(folder) / "models"
        config = training.TrainingConfig(
            data,
            store,
            "cells",
            backbone="efficientnet-lite0",
            positive=POSITIVE,
            fine_tune=training.FineTuneSettings(epochs=0),
        )
        run = training.train(config)
        stored, _ = publish_quantized(ModelStore(store), run.stored, data, 0, Progress(disable=True))
        held_out = [file for split in ("test", "validation") for file in run.audit.files if file.split == split]
        pixels = [decode(file.location.read_bytes(), stored.manifest.input).pixels for file in held_out[:IMAGES]]
        expected = np.concatenate([np.asarray(run.model(image[np.newaxis], training=False)) for image in pixels])
        table = Table("engine", "precision", "images", "top label as Keras", "largest difference", "mean")
        for name, precision in ENGINES:
            engine = load_engine(stored, Settings.model_validate({"engine": name, "precision": precision}))
            answers = np.concatenate([engine.predict(image[np.newaxis]) for image in pixels])
            same = (answers.argmax(axis=1) == expected.argmax(axis=1)).sum()
            difference = np.abs(answers - expected)
            shown = f"{same} of {len(pixels)}", f"{difference.max():.2g}", f"{difference.mean():.2g}"
            table.add_row(name, precision, str(len(pixels)), *shown)
            engine.close()
    Console().print(table)


if __name__ == "__main__":
    quieten_tensorflow()
    main()
