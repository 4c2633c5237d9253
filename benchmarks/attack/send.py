"""Costly pictures against a running service: each is sent four at a time while a small one is sent ten times a second.

Run: `python -m benchmarks.attack.send --url URL --pid PID --folder /tmp/hostile`, after `python -m
benchmarks.attack.search`. Prints, for each format: the most processor time that one file took, of the service and all
that it started; the most memory that they held beyond what they held before; and the slowest answer to the small
picture. The goals are 2 s, the service's own budget and 1 s; the exit status is 1 if a time is missed.
"""

import io
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Final, NamedTuple

import click
import httpx
from PIL import Image

from benchmarks.attack.parts import FORMATS
from benchmarks.attack.process_tree import processor_seconds, watched

AT_A_TIME: Final = 4
MAX_SECONDS: Final = 2.0
MAX_SMALL_S: Final = 1.0
EVERY_S: Final = 0.1


class Effect(NamedTuple):
    """What one file did to the service."""

    path: Path
    seconds: float
    """Processor time for one of the four."""
    more_mib: int
    small_s: float
    """Seconds that the slowest answer to the small picture took."""
    answers: tuple[str, ...]
    """Status and reason of each."""


def small_picture() -> bytes:
    """Return a PNG of a few hundred bytes."""
    file = io.BytesIO()
    Image.linear_gradient("L").resize((32, 32)).save(file, "PNG")
    return file.getvalue()


@contextmanager
def beside(client: httpx.Client) -> Iterator[list[float]]:
    """Send the small picture again and again, and yield the seconds that its answers take."""
    seconds, is_over, data = [0.0], threading.Event(), small_picture()

    def send() -> None:
        while not is_over.wait(EVERY_S):
            began = time.monotonic()
            client.post("/predict", content=data).raise_for_status()
            seconds.append(time.monotonic() - began)

    with ThreadPoolExecutor(1) as pool:
        sending = pool.submit(send)
        try:
            yield seconds
        finally:
            is_over.set()
            sending.result()


def attack(client: httpx.Client, pid: int, path: Path) -> Effect:
    """Send a file four times at once."""
    data, before = path.read_bytes(), processor_seconds(pid)
    with watched(pid) as peak, beside(client) as small, ThreadPoolExecutor(AT_A_TIME) as pool:
        answers = sorted(pool.map(lambda _: _answer(client, data), range(AT_A_TIME)))
    seconds = (processor_seconds(pid) - before) / AT_A_TIME
    return Effect(path, seconds, peak.more_mib, max(small), tuple(answers))


def _answer(client: httpx.Client, data: bytes) -> str:
    response = client.post("/predict", content=data)
    reason = "" if response.is_success else response.json().get("reason") or response.json()["type"]
    return f"{response.status_code} {reason}".strip()


def describe(format_: str, effects: Sequence[Effect]) -> str:
    """Say the worst of a format in one line."""
    slowest = max(effects, key=lambda one: one.seconds)
    largest = max(effects, key=lambda one: one.more_mib)
    waited = max(effects, key=lambda one: one.small_s)
    answers = dict(Counter(answer for one in effects for answer in one.answers).most_common())
    return (
        f"{format_:5} {len(effects):3} files: {slowest.seconds:.2f} s ({slowest.path.name}), "
        f"{largest.more_mib} MiB more ({largest.path.name}), small picture {waited.small_s:.2f} s "
        f"({waited.path.name}); {answers}"
    )


@click.command(help=__doc__)
@click.option("--url", required=True, help="Address of the service.")
@click.option("--pid", type=int, required=True, help="Its process.")
@click.option("--folder", type=click.Path(path_type=Path, exists=True), required=True, help="A folder per format.")
def main(url: str, pid: int, folder: Path) -> None:
    """Send and print."""
    is_missed = False
    with httpx.Client(base_url=url, timeout=120) as client:
        for format_ in FORMATS:
            effects = [attack(client, pid, path) for path in sorted((folder / format_).glob("*.bin"))]
            if effects:
                print(describe(format_, effects), flush=True)
                is_missed |= any(one.seconds > MAX_SECONDS or one.small_s > MAX_SMALL_S for one in effects)
    sys.exit(is_missed)


if __name__ == "__main__":
    main()
