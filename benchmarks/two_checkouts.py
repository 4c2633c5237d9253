"""Two checkouts of Fullcount on one machine, in turn: processor time an image, start and memory, as ratios.

Run: `python -m benchmarks.two_checkouts OLD NEW STORE`, where OLD and NEW are folders of checkouts, each with a
`.venv`. Both serve the same version; single predictions by 32 connections go to one and the other in turn, so that a
change of the machine's speed meets both. Prints Markdown: medians, and the ratio new/old with its 95% interval. Use an
idle machine.
"""

import contextlib
import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import click
import numpy as np
from scipy import stats

from benchmarks.serving.bodies import FORMS, bodies_folder, write_bodies
from benchmarks.serving.environments import ensure_wrk
from benchmarks.serving.loads import Load, Target, run_load
from benchmarks.serving.processes import Process, ask, free_ports

CACHE: Final = Path(".cache/bench")
LOAD: Final = Load("small", 32)
WARM_UP_S: Final = 5
STARTS: Final = 5
NAMES: Final = ("old", "new")


@dataclass
class Figures:
    """What was measured of one checkout, a value a repetition."""

    processor_ms: list[float] = field(default_factory=list)
    """Milliseconds of processor time an image, of the server and its children."""
    rates: list[float] = field(default_factory=list)
    """Images a second."""
    start_s: list[float] = field(default_factory=list)
    """Seconds from exec to the first good answer."""
    idle_mb: list[float] = field(default_factory=list)
    """Proportional set size after the first answer, in units of 10^6 bytes."""
    busy_mb: list[float] = field(default_factory=list)
    """The same after a load."""


@dataclass(frozen=True)
class Server:
    """One checkout that serves."""

    process: Process
    target: Target

    def answers(self) -> bytes | None:
        """Return the answer to the first picture, or None if there is no good one."""
        first = self.target.bodies[LOAD.size][0].read_bytes()
        return ask(self.target.port, self.target.path, self.target.headers, first)


@contextlib.contextmanager
def serving(name: str, checkout: Path, store: Path, options: tuple[str, ...]) -> Iterator[Server]:
    """Serve a store from a checkout, and wait until it answers."""
    port = free_ports(1)[0]
    program = checkout.absolute() / ".venv/bin/fullcount"
    command = [str(program), "serve", "--store", str(store.absolute()), "--port", str(port), *options]
    environment = {key: value for key, value in os.environ.items() if not key.startswith("FULLCOUNT_")}
    environment["PYTHONPATH"] = str(checkout.absolute())
    bodies = {LOAD.size: sorted(bodies_folder(CACHE.absolute() / "bodies", "raw", LOAD.size).iterdir())}
    directory, log = CACHE.absolute() / "run" / name, CACHE.absolute() / "logs" / f"{name}.log"
    process = Process(command, environment=environment, directory=directory, log=log)
    with process:
        server = Server(process, Target(port, "/predict", FORMS["raw"].headers, bodies))
        process.wait_until_ready(server.answers)
        yield server


@click.command(help=__doc__)
@click.argument("checkouts", nargs=2, type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.argument("store", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--pairs", default=12, show_default=True, help="How often each is measured.")
@click.option("--seconds", default=10, show_default=True, help="Seconds of each load.")
@click.option("--precision", default="f32", show_default=True, help="Precision of the engine.")
def main(*, checkouts: tuple[Path, Path], store: Path, pairs: int, seconds: int, precision: str) -> None:
    """Measure and print."""
    wrk, options = ensure_wrk(), ("--engine", "openvino", "--precision", precision)
    write_bodies(CACHE.absolute() / "bodies")
    figures = {name: Figures() for name in NAMES}
    for number in range(STARTS):
        for name, checkout in in_turn(checkouts, number):
            with serving(name, checkout, store, options) as server:
                figures[name].start_s.append(server.process.start_s)
                figures[name].idle_mb.append(server.process.memory_mb())
    with contextlib.ExitStack() as stack:
        servers = {
            name: stack.enter_context(serving(name, checkout, store, options))
            for name, checkout in in_turn(checkouts, 0)
        }
        for server in servers.values():
            run_load(wrk, server.target, LOAD, WARM_UP_S)
        for number in range(pairs):
            for name, _ in in_turn(checkouts, number):
                measure(wrk, servers[name], seconds, figures[name])
    print_table(figures)


def in_turn(checkouts: tuple[Path, Path], number: int) -> list[tuple[str, Path]]:
    """Return names and checkouts, the other one first every other time."""
    pair = list(zip(NAMES, checkouts, strict=True))
    return pair if number % 2 == 0 else pair[::-1]


def measure(wrk: str, server: Server, seconds: int, figures: Figures) -> None:
    """Send one load to a server, and note what it cost."""
    before = server.process.processor_s()
    result = run_load(wrk, server.target, LOAD, seconds)
    if result["errors"]:
        raise click.ClickException(f"{result['errors']} requests failed; the log of the server says why.")
    figures.processor_ms.append((server.process.processor_s() - before) / result["requests"] * 1e3)
    figures.rates.append(result["images_per_second"])
    figures.busy_mb.append(server.process.memory_mb())


def print_table(figures: dict[str, Figures]) -> None:
    """Print a row a figure: medians of both, and the ratio pair by pair."""
    rows = {
        "processor time an image, ms": "processor_ms",
        "images a second": "rates",
        "start, s": "start_s",
        "memory after the first answer, MB": "idle_mb",
        "memory after a load, MB": "busy_mb",
    }
    print("| | old | new | new/old, geometric mean | 95% interval |\n|---|---|---|---|---|")
    for title, name in rows.items():
        old, new = (np.array(getattr(figures[one], name)) for one in NAMES)
        mean, low, high = ratio(old, new)
        print(f"| {title} | {np.median(old):.3f} | {np.median(new):.3f} | {mean:.4f} | {low:.4f} to {high:.4f} |")


def ratio(old: np.ndarray, new: np.ndarray) -> tuple[float, float, float]:
    """Return the geometric mean of new/old over pairs, and its 95% interval by Student's t of the logarithms."""
    logarithms = np.log(new / old)
    half = stats.sem(logarithms) * stats.t.ppf(0.975, len(logarithms) - 1)
    mean = logarithms.mean()
    return float(np.exp(mean)), float(np.exp(mean - half)), float(np.exp(mean + half))


if __name__ == "__main__":
    main()
