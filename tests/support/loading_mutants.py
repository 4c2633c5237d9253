"""python -m tests.support.loading_mutants FOLDER ENGINE LOG FIRST END: load mutants, note what became of each.

A process of its own, since what is wrong with a mutant may end it: its line then lacks the outcome.
"""

import json
import sys
from pathlib import Path

from app.errors import EngineError
from app.inference.engines.loading import load_engine
from app.settings import Settings
from model_store.errors import VersionCorrupt
from model_store.manifest import MANIFEST_NAME
from model_store.storage.digest import digest_file
from model_store.storage.private_copy import private_copy
from model_store.store import ModelStore
from tests.support.mutated_graphs import mutate

MODEL = "noise"


def main(folder: Path, engine: str, log: Path, seeds: range) -> None:
    """Load the mutants and write a line each: its number, `answered`, `refused` or `failed`, and the error."""
    directory = ModelStore(folder / "store").open(MODEL).directory
    original = (folder / "original.pb").read_bytes()
    with log.open("w") as lines:
        for seed in seeds:
            lines.write(f"{seed} ")
            lines.flush()
            _spoil(directory, mutate(original, seed, (folder / "pipe", folder / "watched" / "written")))
            lines.write(" ".join(_outcome(folder, engine).split()) + "\n")


def _spoil(directory: Path, data: bytes) -> None:
    """Replace the graph, and its digest in the manifest."""
    (directory / "saved_model.pb").write_bytes(data)
    manifest = json.loads((directory / MANIFEST_NAME).read_text())
    manifest["files"]["saved_model.pb"] = digest_file(directory / "saved_model.pb").model_dump()
    (directory / MANIFEST_NAME).write_text(json.dumps(manifest))


def _outcome(folder: Path, engine: str) -> str:
    settings = Settings.model_validate({"engine": engine, "device": "cpu", "max_batch_size": 2, "engine_threads": 1})
    try:
        with private_copy(ModelStore(folder / "store").open(MODEL, verify=False), within=folder) as copy:
            load_engine(copy, settings).close()
    except (EngineError, VersionCorrupt) as error:
        return f"refused {type(error).__name__} {error}"
    except Exception as error:  # noqa: BLE001  what the test is looking for
        return f"failed {error!r}"
    return "answered"


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2], Path(sys.argv[3]), range(int(sys.argv[4]), int(sys.argv[5])))
