"""One measurement of a limit, or of a server from its start to its end."""

import json
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from app.inference.engines.loading import load_engine
from app.settings import Settings
from benchmarks.serving.bodies import FORMS, PICTURES, bodies_folder
from benchmarks.serving.environments import InstallationFailed, ensure_peer
from benchmarks.serving.loads import LOADS, WARM_UP, WARM_UP_S, LoadFailed, Target, run_load
from benchmarks.serving.processes import NotStarted, Process, ask, busy_share, free_ports
from benchmarks.serving.servers import PORT_NAMES, ROOT, Launch, Ports, launch_fullcount, launch_peer, peer_of
from model_store.images.pixels import decode
from model_store.store import StoredVersion

LIMIT_TIMEOUT_S = 300
"""Seconds that measuring a limit may take beyond its measurements."""

TOLERANCE = 0.02
"""Tolerance of probabilities, for bfloat16 and different versions of decoders."""
INT8_TOLERANCE = 0.3


class WrongAnswer(Exception):
    """A server's response does not contain the model's probabilities.

    Args:
        answer: The response.
        expected: The model's probabilities.
    """

    def __init__(self, answer: bytes, expected: tuple[float, ...]) -> None:
        super().__init__(f"the probabilities {expected} are not in the response {answer[:500]!r}")


@dataclass(frozen=True)
class Bench:
    """The conditions that are the same for all measurements.

    Attributes:
        store: The model store.
        stored: The version.
        expected: Probabilities of the first small picture.
        cache: Folder for all files that the benchmark writes.
        wrk: Path of the client.
        seconds: Duration of each load.
    """

    store: Path
    stored: StoredVersion
    expected: tuple[float, ...]
    cache: Path
    wrk: str
    seconds: float

    def measure(self, name: str) -> dict[str, Any]:
        """Measure a limit or a server by its name; after a failure, the result has the reason under `failed`."""
        busy = {"busy_before": busy_share()}
        try:
            return busy | (self._limit(name) if name.startswith("limit-") else self._server(name))
        except (InstallationFailed, NotStarted, WrongAnswer, LoadFailed, subprocess.SubprocessError, OSError) as error:
            return busy | {"failed": str(error)}

    def _limit(self, name: str) -> dict[str, Any]:
        _, engine, precision = name.split("-")
        model, bodies = self.stored.manifest.model, self.cache / "bodies"
        arguments = [self.store, model, engine, precision, bodies, self.seconds]
        command = [sys.executable, "-m", "benchmarks.serving.limit", *map(str, arguments)]
        with self._log(name).open("ab") as log:
            timeout = 4 * self.seconds + LIMIT_TIMEOUT_S
            run = subprocess.run(command, stdout=subprocess.PIPE, stderr=log, cwd=ROOT, timeout=timeout, check=True)
        result: dict[str, Any] = json.loads(run.stdout.splitlines()[-1])
        return result

    def _server(self, name: str) -> dict[str, Any]:
        ports: Ports = dict(zip(PORT_NAMES, free_ports(len(PORT_NAMES)), strict=True))
        launch = self._launch(name, ports)
        target = self._target(launch, ports["PORT"])
        first = target.bodies["small"][0].read_bytes()

        def ask_once() -> bytes | None:
            return ask(target.port, target.path, target.headers, first)

        directory = self.cache / "run" / name
        shutil.rmtree(directory, ignore_errors=True)
        process = Process(
            launch.command,
            environment=launch.environment,
            directory=directory,
            log=self._log(name),
        )
        with process:
            answer = process.wait_until_ready(ask_once)
            if not is_right(answer, self.expected, INT8_TOLERANCE if name.endswith("int8") else TOLERANCE):
                raise WrongAnswer(answer, self.expected)
            result: dict[str, Any] = {"start_s": process.start_s, "idle_mb": process.memory_mb(), "loads": {}}
            run_load(self.wrk, target, WARM_UP, WARM_UP_S)
            with process.peak_memory_mb() as memory:
                for load in LOADS:
                    ask_once()  # waits for the rest of the previous load
                    result["loads"][load.name] = run_load(self.wrk, target, load, self.seconds)
            result["end_mb"], result["peak_mb"] = process.memory_mb(), memory[0]
        return result

    def _launch(self, name: str, ports: Ports) -> Launch:
        if name.startswith("fullcount-"):
            return launch_fullcount(name, self.stored, self.store, ports)
        return launch_peer(name, self.stored, ensure_peer(peer_of(name), self.cache), ports)

    def _target(self, launch: Launch, port: int) -> Target:
        folder = self.cache / "bodies"
        bodies = {size: sorted(bodies_folder(folder, launch.form, size).iterdir()) for size in PICTURES}
        return Target(port, launch.path, FORMS[launch.form].headers, bodies)

    def _log(self, name: str) -> Path:
        log = self.cache / "logs" / f"{name}.log"
        log.parent.mkdir(parents=True, exist_ok=True)
        return log


def expected_answer(stored: StoredVersion, picture: Path) -> tuple[float, ...]:
    """Return the model's probabilities of a picture, computed by OpenVINO in f32 in this process."""
    engine = load_engine(stored, Settings(engine="openvino"))
    pixels = decode(picture.read_bytes(), stored.manifest.input).pixels
    return tuple(float(probability) for probability in engine.predict(pixels[np.newaxis])[0])


def is_right(answer: bytes, expected: tuple[float, ...], tolerance: float) -> bool:
    """Return True if every expected probability occurs in a response of any form."""
    numbers = [float(number) for number in re.findall(rb"\d\.\d+(?:[eE]-?\d+)?", answer)]
    return all(any(abs(number - probability) < tolerance for number in numbers) for probability in expected)
