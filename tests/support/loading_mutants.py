"""python -m tests.support.loading_mutants FOLDER ENGINE FILE FIRST END: load mutants, note what became of each.

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
from tests.support.mutated_graphs import mutate, mutate_bytes

MODEL = "noise"


def main(folder: Path, engine: str, file: str, seeds: range) -> None:
    """Load versions of which one file was mutated.

    Writes a line for each into the log of the engine: its number, `answered`, `refused` or `failed`, and the error.
    """
    directory = ModelStore(folder / "store").open(MODEL).directory
    original = (directory / file).read_bytes()
    paths = folder / "pipe", folder / "watched" / "written"
    with (folder / f"{engine}.log").open("w") as lines:
        for seed in seeds:
            lines.write(f"{seed} ")
            lines.flush()
            is_graph = file == "saved_model.pb"
            _spoil(directory, file, mutate(original, seed, paths) if is_graph else mutate_bytes(original, seed))
            lines.write(" ".join(_outcome(folder, engine).split()) + "\n")


def _spoil(directory: Path, file: str, data: bytes) -> None:
    """Replace a file, and its digest in the manifest."""
    (directory / file).write_bytes(data)
    manifest = json.loads((directory / MANIFEST_NAME).read_text())
    manifest["files"][file] = digest_file(directory / file).model_dump()
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
    main(Path(sys.argv[1]), sys.argv[2], sys.argv[3], range(int(sys.argv[4]), int(sys.argv[5])))
