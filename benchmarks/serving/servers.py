"""Everything that is measured: the limits in one process, Fullcount with each engine, and its peers.

Their names are `limit-ENGINE-PRECISION`, `fullcount-ENGINE-PRECISION`, `PEER`, `PEER-openvino` (the peer with OpenVINO
as its engine) and `PEER-openvino-draft` (with the project's decode as well).
"""

import os
import sys
from collections.abc import Callable, Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from benchmarks.serving.environments import PEERS
from model_store.store import StoredVersion

ROOT: Final = Path(__file__).parents[2]
ENGINES: Final = ("openvino-f32", "openvino-bf16", "openvino-int8", "tensorflow-f32")
VARIANTS: Final = ("openvino", "openvino-draft")
"""Suffixes of the best peers' variants."""

HOST: Final = "127.0.0.1"
PORT_NAMES: Final = ("PORT", "GRPC_PORT", "METRICS_PORT")
Ports = dict[str, int]


@dataclass(frozen=True)
class Peer:
    """A peer, started as its documentation says."""

    path: str
    """Path of the URL that predicts."""
    form: str
    """A key of `bodies.FORMS`."""
    program: str
    """Program in its virtual environment."""
    arguments: Callable[[Path, Ports], list[object]]
    """A function from its folder and its ports to the program's arguments."""
    environment: Callable[[Ports], dict[str, object]] = lambda _: {}


PEER_SERVERS: Final = {
    "fastapi": Peer("/predict", "raw", "uvicorn", lambda _, ports: ["server:app", "--port", ports["PORT"]]),
    "bentoml": Peer(
        "/predict",
        "multipart images",
        "bentoml",
        lambda folder, ports: [
            "serve",
            "server:Classifier",
            "--working-dir",
            folder,
            "--host",
            HOST,
            "--port",
            ports["PORT"],
        ],
        lambda _: {"BENTOML_HOME": "home", "BENTOML_DO_NOT_TRACK": "True"},
    ),
    "litserve": Peer("/predict", "multipart image", "python", lambda folder, _: [folder / "server.py"]),
    "mlserver": Peer(
        "/v2/models/classifier/infer",
        "base64",
        "mlserver",
        lambda folder, _: ["start", folder],
        lambda ports: {
            "MLSERVER_HOST": HOST,
            "MLSERVER_HTTP_PORT": ports["PORT"],
            "MLSERVER_GRPC_PORT": ports["GRPC_PORT"],
            "MLSERVER_METRICS_PORT": ports["METRICS_PORT"],
        },
    ),
    "mosec": Peer(
        "/inference",
        "raw",
        "python",
        lambda folder, ports: [folder / "server.py", "--address", HOST, "--port", ports["PORT"], "--timeout", 60_000],
    ),
    "pytriton": Peer("/v2/models/classifier/infer", "tensor", "python", lambda folder, _: [folder / "server.py"]),
}


@dataclass(frozen=True)
class Launch:
    """The command and environment that start a server, and the path and form of its requests."""

    command: list[str]
    environment: dict[str, str]
    path: str
    form: str


def limit_of(name: str) -> str:
    """Return the name of the limit that a server's engine sets."""
    if name.startswith("fullcount-"):
        return name.replace("fullcount", "limit")
    return "limit-openvino-f32" if "-openvino" in name else "limit-tensorflow-f32"


def names(missing: Collection[str] = ()) -> list[str]:
    """Return the names of the first measurements: each limit with its Fullcount, then the peers.

    Args:
        missing: Precisions that the processor or the version does not have.
    """
    engines = [engine for engine in ENGINES if engine.partition("-")[2] not in missing]
    return [f"{kind}-{engine}" for engine in engines for kind in ("limit", "fullcount")] + list(PEER_SERVERS)


def variants(peers: list[str]) -> list[str]:
    """Return the names of the variants of these peers."""
    return [f"{peer}-{variant}" for peer in peers for variant in VARIANTS]


def peer_of(name: str) -> str:
    """Return the name of the peer of a variant."""
    return name.partition("-")[0]


def launch_fullcount(name: str, stored: StoredVersion, store: Path, ports: Ports) -> Launch:
    """Return the launch of Fullcount: `fullcount serve` with default settings."""
    _, engine, precision = name.split("-")
    command = [
        *(Path(sys.executable).with_name("fullcount"), "serve", "--store", store, "--port", ports["PORT"]),
        *("--model", stored.manifest.model, "--version", stored.manifest.version),
        *("--engine", engine, "--precision", precision),
    ]
    environment = _clean_environment() | {"PYTHONPATH": str(ROOT)}
    return Launch(list(map(str, command)), environment, "/predict", "raw")


def launch_peer(name: str, stored: StoredVersion, virtual: Path, ports: Ports) -> Launch:
    """Return the launch of a peer or of a variant of it."""
    peer = PEER_SERVERS[peer_of(name)]
    folder = PEERS / peer_of(name)
    environment = {
        "PATH": f"{virtual / 'bin'}{os.pathsep}{os.environ['PATH']}",
        "VIRTUAL_ENV": virtual,
        "PYTHONPATH": f"{folder}{os.pathsep}{PEERS}",
        "SAVED_MODEL": stored.directory.resolve(),
        "IMAGE_SIZE": stored.manifest.input.height,
        "ENGINE": "openvino" if "-openvino" in name else "tensorflow",
        "DRAFT": int(name.endswith("-draft")),
        **ports,
        **peer.environment(ports),
    }
    command = [virtual / "bin" / peer.program, *peer.arguments(folder, ports)]
    strings = {key: str(value) for key, value in environment.items()}
    return Launch(list(map(str, command)), _clean_environment() | strings, peer.path, peer.form)


def _clean_environment() -> dict[str, str]:
    """Return this process's environment without Fullcount's settings."""
    return {key: value for key, value in os.environ.items() if not key.startswith("FULLCOUNT_")}
