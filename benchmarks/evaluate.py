"""Speed and memory of evaluating labelled zips by `POST /evaluate`, next to the limit of decoder and engine.

Run: `python -m benchmarks.evaluate STORE MODEL`. Measures the limit (decoding and computing in one process, without
HTTP) and a new service for each zip, in turns. `evaluating` is the time from the first scored image to the last,
`in all` from the first sent byte to the report. Needs 2.5 GB of disk for 50,000 files and an idle machine.
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
class Measurement:
    """Speed and memory of one evaluation."""

    evaluating: float
    """Images per second from the first scored image to the last."""
    in_all: float
    """Images per second from the first sent byte to the report."""
    idle_mib: float
    peak_mib: float


@click.command(help=__doc__)
@click.argument("store", type=click.Path(path_type=Path, exists=True))
@click.argument("model")
@click.option("--files", type=int, multiple=True, default=(1000, 50_000), show_default=True, help="Files of each zip.")
@click.option("--precision", type=click.Choice(["f32", "bf16", "int8"]), default="f32", show_default=True)
@click.option("--seconds", type=float, default=20.0, show_default=True, help="Duration of each limit measurement.")
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
    measurements: list[tuple[int, Measurement]] = []
    for count in files:
        limits.append(limit())
        with tempfile.NamedTemporaryFile(suffix=".zip") as archive:
            write_zip(archive, stored.manifest.labels, pictures, count)
            with serving(settings, model) as service:
                measurements.append((count, evaluate(service, Path(archive.name), count)))
    limits.append(limit())
    show(precision, limits, measurements)


def write_zip(file: IO[bytes], labels: Sequence[str], pictures: Sequence[bytes], count: int) -> None:
    """Write a labelled zip of `count` files, without compression."""
    with zipfile.ZipFile(file, "w") as archive:
        for number in range(count):
            archive.writestr(f"{labels[number % len(labels)]}/{number:06}.jpg", pictures[number % len(pictures)])
    file.flush()


def evaluate(service: Running, archive: Path, count: int) -> Measurement:
    """Send a zip from another process, and follow the number of scored images."""
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
    return Measurement((last - first) / (last_s - first_s), count / in_all_s, idle_mib, service.peak_mib())


def images_scored(client: httpx.Client) -> float:
    """Return the number of images that the service has scored since its start."""
    line = re.search(r'^fullcount_images_total\{outcome="scored"\} (.+)$', client.get("/metrics").text, re.MULTILINE)
    return float(line[1]) if line else 0.0


def show(precision: str, limits: Sequence[float], measurements: Sequence[tuple[int, Measurement]]) -> None:
    """Print the measurements; each ratio is to the mean of the limits measured before and after."""
    print(f"{precision}, limit {statistics.median(limits):.0f}/s ({', '.join(f'{limit:.0f}' for limit in limits)})")
    for number, (count, one) in enumerate(measurements):
        limit = statistics.mean(limits[number : number + 2])
        print(
            f"{count} files: evaluating {one.evaluating:.0f}/s ({one.evaluating / limit:.2f} of the limit), "
            f"in all {one.in_all:.0f}/s ({one.in_all / limit:.2f}), "
            f"idle {one.idle_mib:.0f} MiB, peak {one.peak_mib:.0f} MiB"
        )


if __name__ == "__main__":
    main()
