"""The cost of class activation maps, for predictions without them and with them.

Run: `python -m benchmarks.explain STORE MODEL`, for instance with `.cache/demo/store solar-cells` after `make demo`.
Compares a version, in turns, with a copy whose SavedModel has no maps. Prints medians of the start and of a prediction
in milliseconds, then the times of the first map and of further ones.
"""

import shutil
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

from app.inference.engines.base import Engine
from app.inference.engines.openvino import OpenVinoEngine
from app.inference.engines.saved_model import SavedModel
from app.settings import cores
from model_store.storage.golden import load_golden
from model_store.store import ModelStore

REPETITIONS = 300
STARTS = 5


def without_maps(directory: Path, signature: str, copy: Path) -> None:
    """Copy a SavedModel without one of its signatures."""
    shutil.copytree(directory / "variables", copy / "variables")
    saved_model = SavedModel.FromString((directory / "saved_model.pb").read_bytes())
    for meta_graph in saved_model.meta_graphs:
        kept = [named for named in meta_graph.signature_def if named.key != signature]
        del meta_graph.signature_def[:]
        meta_graph.signature_def.extend(kept)
    (copy / "saved_model.pb").write_bytes(saved_model.SerializeToString())


def taken_ms(work: Callable[[], object]) -> float:
    """Return the time that work takes, in milliseconds."""
    started = time.perf_counter()
    work()
    return (time.perf_counter() - started) * 1e3


def main(store: str, model: str) -> None:
    """Measure and print."""
    stored = ModelStore(store).open(model)
    maps = stored.manifest.activation_maps
    if maps is None:
        sys.exit("This version has no class activation maps.")
    pixels = load_golden(stored.directory).pixels[:1]

    def load(directory: Path) -> Engine:
        return OpenVinoEngine(directory, stored.manifest, threads=cores())

    with tempfile.TemporaryDirectory() as scratch:
        without_maps(stored.directory, maps.name, Path(scratch))
        places = {"without maps": Path(scratch), "with maps": stored.directory}
        starts = [[taken_ms(partial(load, place)) for place in places.values()] for _ in range(STARTS)]
        engines = [load(place) for place in places.values()]
        times = [[taken_ms(partial(engine.predict, pixels)) for engine in engines] for _ in range(REPETITIONS)]
    for name, rows in (("start", starts), ("prediction", times)):
        without, with_maps = (statistics.median(column) for column in zip(*rows, strict=True))
        print(f"{name}: without maps {without:.2f} ms, with {with_maps:.2f} ms, ratio {with_maps / without:.3f}")
    loaded = [time.perf_counter()]
    compute = engines[1].load_maps(stored.directory, maps)
    loaded.append(time.perf_counter())
    each = statistics.median(taken_ms(lambda: compute(pixels)) for _ in range(REPETITIONS))
    print(f"maps: loaded in {1e3 * (loaded[1] - loaded[0]):.0f} ms, then {each:.2f} ms an image")


if __name__ == "__main__":
    main(*sys.argv[1:])
