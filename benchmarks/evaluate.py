"""Labelled zips through `POST /evaluate` next to what decoder and engine can do, and what they take of the memory.

Run: `python -m benchmarks.evaluate STORE MODEL`. Measures the limit (decoding and computing in one process, without
HTTP), then a service of its own for each zip, in turns. `evaluating` is from the first image that is scored to the
last, `in all` from the first byte that is sent to the report. Needs 2.5 GB of disk for 50,000 files and an idle
machine.
"""

import json
import re
import statistics
import subprocess
import sys
import tempfile
import time
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Final

import click
import httpx

from app.bench.limits import rate
from app.bench.pictures import make_pictures
from app.bench.process import Running, serving
from app.inference.engines.loading import load_engine_quietly
from app.settings import Settings, cores
from model_store.images.pixels import decode
from model_store.storage.golden import load_golden
from model_store.store import ModelStore

LOOK_EVERY_S: Final = 0.25
SEND: Final = """
import sys, httpx
headers = {"Content-Type": "application/zip"}
print(httpx.post(sys.argv[2], content=open(sys.argv[1], "rb"), headers=headers, timeout=None).text)
"""


@dataclass(frozen=True)
class Conclusions:
    """What an evaluation did: images per second, two ways, and MiB."""

    evaluating: float
    in_all: float
    idle_mib: float
    peak_mib: float


@click.command(help=__doc__)
@click.argument("store", type=click.Path(path_type=Path, exists=True))
@click.argument("model")
@click.option("--files", type=int, multiple=True, default=(1000, 50_000), show_default=True, help="Of each zip.")
@click.option("--precision", type=click.Choice(["f32", "bf16", "int8"]), default="f32", show_default=True)
@click.option("--seconds", type=float, default=20.0, show_default=True, help="Of each measurement of the limit.")
def main(store: Path, model: str, files: tuple[int, ...], precision: str, seconds: float) -> None:
    """Measure and print."""
    settings = Settings(store=store, precision=precision)
    stored = ModelStore(store).open(model)
    engine = load_engine_quietly(stored, settings)
    spec = settings.input_of(stored.manifest.input)
    pictures = make_pictures(load_golden(stored.directory).pixels)

    def limit() -> float:
        def both(number: int) -> object:
            return engine.predict(decode(pictures[number % len(pictures)], spec).pixels[None])

        return rate(both, cores(), seconds)

    limits: list[float] = []
    found: list[tuple[int, Conclusions]] = []
    for count in files:
        limits.append(limit())
        with tempfile.NamedTemporaryFile(suffix=".zip") as archive:
            write_zip(archive, stored.manifest.labels, pictures, count)
            with serving(settings, model) as service:
                found.append((count, evaluate(service, Path(archive.name), count)))
    limits.append(limit())
    show(precision, limits, found)


def write_zip(file: IO[bytes], labels: Sequence[str], pictures: Sequence[bytes], count: int) -> None:
    """Write a labelled zip of so many files, not compressed again."""
    with zipfile.ZipFile(file, "w") as archive:
        for number in range(count):
            archive.writestr(f"{labels[number % len(labels)]}/{number:06}.jpg", pictures[number % len(pictures)])
    file.flush()


def evaluate(service: Running, archive: Path, count: int) -> Conclusions:
    """Send a zip from another process, and watch how many images are scored meanwhile."""
    url = f"http://127.0.0.1:{service.port}"
    idle_mib = service.peak_mib()
    scored: list[tuple[float, float]] = []
    started = time.perf_counter()
    command = [sys.executable, "-c", SEND, str(archive), f"{url}/evaluate"]
    with httpx.Client(base_url=url) as client, subprocess.Popen(command, stdout=subprocess.PIPE) as sending:
        while sending.poll() is None and (not scored or scored[-1][1] < count):
            scored.append((time.perf_counter(), images_scored(client)))
            time.sleep(LOOK_EVERY_S)
        report = json.loads(sending.communicate()[0])
    in_all_s = time.perf_counter() - started
    if report["accounting"]["scored"] != count:
        raise click.ClickException(f"{report['accounting']} of {count} files")
    during = [(at, images) for at, images in scored if 0 < images < count]
    (first_s, first), (last_s, last) = during[0], during[-1]
    return Conclusions((last - first) / (last_s - first_s), count / in_all_s, idle_mib, service.peak_mib())


def images_scored(client: httpx.Client) -> float:
    """Return how many images the service has scored since its start."""
    found = re.search(r'^fullcount_images_total\{outcome="scored"\} (.+)$', client.get("/metrics").text, re.MULTILINE)
    return float(found[1]) if found else 0.0


def show(precision: str, limits: Sequence[float], found: Sequence[tuple[int, Conclusions]]) -> None:
    """Print; each ratio is to the mean of the limits measured before and after."""
    print(f"{precision}, limit {statistics.median(limits):.0f}/s ({', '.join(f'{one:.0f}' for one in limits)})")
    for number, (count, one) in enumerate(found):
        limit = statistics.mean(limits[number : number + 2])
        print(
            f"{count} files: evaluating {one.evaluating:.0f}/s ({one.evaluating / limit:.2f} of the limit), "
            f"in all {one.in_all:.0f}/s ({one.in_all / limit:.2f}), "
            f"idle {one.idle_mib:.0f} MiB, peak {one.peak_mib:.0f} MiB"
        )


if __name__ == "__main__":
    main()
