"""The service under load: event loop, memory, and predictions beside an evaluation.

Run: `python -m benchmarks.under_load STORE MODEL`. Prints the delay of the event loop with 64 connections. Prints the
latency of single predictions, alone and while a labelled zip of 5,000 files is evaluated. With `--soak MINUTES` it also
prints the resident memory of each minute with 32 connections, for small and for 12-megapixel pictures. Use an idle
machine.
"""

import asyncio
import io
import json
import re
import subprocess
import sys
import tempfile
import time
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import click
import httpx
import numpy as np
from PIL import Image

from app.bench.load import Load, run_load
from app.bench.pictures import make_pictures
from app.bench.process import Running, serving
from app.settings import Settings
from model_store.images.pixels import Pixels
from model_store.storage.golden import load_golden
from model_store.store import ModelStore, StoredVersion

FILES: Final = 5000
SECONDS: Final = 15.0
BUSY: Final = 64
LARGE: Final = (4000, 3000)
UPLOAD: Final = """
import sys, httpx
print(httpx.post(sys.argv[2], files={"file": open(sys.argv[1], "rb")}, timeout=600).text)
"""


@click.command(help=__doc__)
@click.argument("store", type=click.Path(path_type=Path, exists=True))
@click.argument("model")
@click.option("--soak", type=int, default=0, help="Minutes of load while memory is watched.")
def main(store: Path, model: str, soak: int) -> None:
    """Measure and print."""
    settings = Settings(store=store)
    stored = ModelStore(store).open(model)
    samples = load_golden(stored.directory).pixels
    pictures = make_pictures(samples)
    with serving(settings, model) as service:
        load(service, pictures, 8, 2)
        print(f"lag of the event loop, {BUSY} connections: {lag(service, pictures)}")
        beside_an_evaluation(service, stored, pictures)
    if soak:
        for name, sent, connections in (("500 x 375", pictures, 32), ("12 megapixels", [large(samples[0])], 32)):
            with serving(settings, model) as service:
                print(f"{name}, {connections} connections: idle {resident(service):.0f} MiB")
                for minute in range(1, soak + 1):
                    done = load(service, sent, connections, 60)
                    print(f"  minute {minute}: {done.rate:.0f}/s, {resident(service):.1f} MiB, {done.refused} refused")


def load(service: Running, pictures: Sequence[bytes], connections: int, seconds: float) -> Load:
    """Send pictures for a number of seconds."""
    return asyncio.run(run_load(service.port, pictures, connections, seconds))


def lag(service: Running, pictures: Sequence[bytes]) -> str:
    """Describe the event loop's delay under load, by the lowest bounds of the histogram that hold 50% and 99%."""
    before = buckets(service)
    load(service, pictures, BUSY, SECONDS)
    counts = {bound: count - before[bound] for bound, count in buckets(service).items()}
    bounds = {
        share: next(bound for bound, count in counts.items() if count >= share * counts["+Inf"])
        for share in (0.5, 0.99)
    }
    late = 1 - counts["0.02"] / counts["+Inf"]
    return f"p50 within {bounds[0.5]} s, p99 within {bounds[0.99]} s, {late:.2%} of {counts['+Inf']:.0f} over 20 ms"


def buckets(service: Running) -> dict[str, float]:
    """Return the cumulative histogram of the delay: counts by bound in seconds."""
    text = httpx.get(f"http://127.0.0.1:{service.port}/metrics").text
    lines = re.findall(r'^fullcount_event_loop_lag_seconds_bucket\{le="(.+)"\} (.+)$', text, re.MULTILINE)
    return {bound: float(count) for bound, count in lines}


def beside_an_evaluation(service: Running, stored: StoredVersion, pictures: Sequence[bytes]) -> None:
    """Print the latency of one client alone and while an evaluation runs, and the size of the evaluation."""
    alone = load(service, pictures, 1, SECONDS)
    with tempfile.NamedTemporaryFile(suffix=".zip") as archive:
        archive.write(labelled_zip(stored.manifest.labels, pictures))
        archive.flush()
        command = [sys.executable, "-c", UPLOAD, archive.name, f"http://127.0.0.1:{service.port}/evaluate"]
        # in a separate process, since here it would share the GIL with the measured client
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as running:
            time.sleep(1)  # until it is being sent
            beside = load(service, pictures, 1, SECONDS)
            was_running = running.poll() is None
            counted = json.loads(running.communicate()[0])["accounting"]["images"]
    for name, one in (("alone", alone), ("beside an evaluation", beside)):
        print(
            f"one client {name}: p50 {one.percentile_ms(0.5):.1f} ms, p99 {one.percentile_ms(0.99):.1f} ms, "
            f"{one.rate:.0f}/s, {one.refused} refused"
        )
    ratio = beside.percentile_ms(0.99) / alone.percentile_ms(0.99)
    print(f"p99 ratio {ratio:.2f}; evaluation of {counted} files, under way to the end of it: {was_running}")


def labelled_zip(labels: Sequence[str], pictures: Sequence[bytes]) -> bytes:
    """Make a labelled zip of `FILES` files."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for number in range(FILES):
            archive.writestr(f"{labels[number % len(labels)]}/{number:04}.jpg", pictures[number % len(pictures)])
    return file.getvalue()


def large(sample: Pixels) -> bytes:
    """Make a JPEG of 12 megapixels."""
    enlarged = np.asarray(Image.fromarray(sample).resize(LARGE, Image.Resampling.BICUBIC)).astype(np.float32)
    grain = np.random.default_rng(0).standard_normal((LARGE[1], LARGE[0], 1), np.float32) * 5
    file = io.BytesIO()
    Image.fromarray(np.clip(enlarged + grain, 0, 255).astype(np.uint8)).save(file, "JPEG", quality=90)
    return file.getvalue()


def resident(service: Running) -> float:
    """Return the service's resident memory, in MiB."""
    status = Path(f"/proc/{service.pid}/status").read_text()
    return int(re.findall(r"^VmRSS:\s+(\d+) kB$", status, re.MULTILINE)[0]) / 1024


if __name__ == "__main__":
    main()
