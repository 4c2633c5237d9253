"""How near each engine and precision is to the Keras model: on 500 photographs of solar cells.

Run: `python -m benchmarks.agreement`. Trains a head as the demo does (2 minutes), makes an int8 variant, and prints for
each engine and precision how many top labels are the same and the largest difference of a probability.
"""

import tempfile
from pathlib import Path

import numpy as np
from rich.console import Console
from rich.progress import Progress
from rich.table import Table

import training
from app.engines.loading import load_engine
from app.settings import Settings
from benchmarks.solar_cells import POSITIVE, lay_out_split
from model_store.pixels import decode
from model_store.precision import Precision
from model_store.store import ModelStore
from training.quiet import quieten_tensorflow
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
        data, store = Path(folder) / "cells", Path(folder) / "models"
        lay_out_split(data, seed=0)
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
        paths = np.random.default_rng(0).permutation(sorted((data / "test").rglob("*.png")))[:IMAGES]
        pixels = [decode(path.read_bytes(), stored.manifest.input).pixels for path in paths]
        expected = np.concatenate([np.asarray(run.model(one[np.newaxis], training=False)) for one in pixels])
        table = Table("engine", "precision", "images", "top label as Keras", "largest difference", "mean")
        for name, precision in ENGINES:
            engine = load_engine(stored, Settings.model_validate({"engine": name, "precision": precision}))
            answers = np.concatenate([engine.predict(one[np.newaxis]) for one in pixels])
            same = (answers.argmax(axis=1) == expected.argmax(axis=1)).sum()
            difference = np.abs(answers - expected)
            shown = f"{same} of {len(pixels)}", f"{difference.max():.2g}", f"{difference.mean():.2g}"
            table.add_row(name, precision, str(len(pixels)), *shown)
            engine.close()
    Console().print(table)


if __name__ == "__main__":
    quieten_tensorflow()
    main()
