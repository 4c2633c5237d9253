"""Fullcount's service next to its limit and its peers: same model, same pictures, same client, one table with ratios.

Run: `make bench`, after `make demo SERVE=0`. Installs wrk and the peers' packages if they are missing, starts one
server at a time, and interleaves: each repetition measures everything once. After the first one, the two best peers and
plain FastAPI are also measured with OpenVINO as their engine, without and with Fullcount's decode. Prints Markdown. Use
an idle machine.
"""

import json
import platform
import shutil
from pathlib import Path
from typing import Any

import click

from app.inference.engines.openvino import has_bf16
from app.settings import cores
from benchmarks.serving.bodies import bodies_folder, write_bodies
from benchmarks.serving.environments import ensure_wrk
from benchmarks.serving.loads import LOADS
from benchmarks.serving.measure import Bench, expected_answer
from benchmarks.serving.servers import PEER_SERVERS, VARIANTS, names, variants
from benchmarks.serving.table import Results, best_peers, print_tables
from model_store.manifest import Manifest
from model_store.store import ModelStore

CACHE = Path(".cache/bench")
COMPARED_PEERS = 2
"""Number of best peers that are also measured with Fullcount's engine and decode, besides the plainest one."""
PLAINEST = "fastapi"
"""The plainest peer. It computes one image per thread, as OpenVINO's THROUGHPUT hint expects, so it may gain most."""


@click.command(help=__doc__)
@click.option("--seconds", default=20.0, show_default=True, help="Seconds of each load.")
@click.option("--repetitions", default=5, show_default=True, help="Number of measurements of everything.")
@click.option("--only", multiple=True, help="Measure only this one; may be repeated. `--only list` lists the names.")
@click.option("--store", default=".cache/demo/store", show_default=True, type=click.Path(path_type=Path))
@click.option("--model", default="solar-cells", show_default=True, help="Model in the store.")
@click.option("--output", default=CACHE / "results.json", show_default=True, type=click.Path(path_type=Path))
@click.option("--plot", type=click.Path(path_type=Path), help="Draw a chart into this file: .svg or .png.")
@click.option("--again", is_flag=True, help="Measure nothing; print and draw the results in the output file.")
def main(  # noqa: PLR0913  a parameter per option
    *,
    seconds: float,
    repetitions: int,
    only: tuple[str, ...],
    store: Path,
    model: str,
    output: Path,
    plot: Path | None,
    again: bool,
) -> None:
    """Measure and print."""
    stored = ModelStore(store).open(model)
    chosen = choose(only, stored.manifest)
    if not again:
        bodies = CACHE.absolute() / "bodies"
        write_bodies(bodies)
        expected = expected_answer(stored, bodies_folder(bodies, "raw", "small") / "00")
        bench = Bench(store.absolute(), stored, expected, CACHE.absolute(), ensure_wrk(), seconds)
        shutil.rmtree(bench.cache / "logs", ignore_errors=True)
        about = {
            "model": f"{model} version {stored.manifest.version}, {stored.manifest.backbone}",
            "seconds": seconds,
            "cores": cores(),
            "machine": platform.platform(),
        }
        measure_all(bench, chosen, repetitions, extend=not only, output=output, about=about)
    saved = json.loads(output.read_text())
    print_tables(saved["about"], saved["results"])
    if plot:
        from benchmarks.serving.figure import draw  # noqa: PLC0415  loads matplotlib, which measuring does without

        draw(saved["results"], plot)
        print(f"\ndrawn into {plot}")


def choose(only: tuple[str, ...], manifest: Manifest) -> list[str]:
    """Return the names to measure.

    Raises:
        UsageError: If a name is unknown; the message lists the known names.
    """
    available = {"bf16": has_bf16(), "int8": "int8" in manifest.precisions}
    plain = names([precision for precision, is_available in available.items() if not is_available])
    known = [*plain, *variants(list(PEER_SERVERS))]
    if unknown := set(only) - set(known):
        raise click.UsageError(f"{', '.join(sorted(unknown))}: the names are {', '.join(known)}")
    return [name for name in known if name in only] if only else plain


def measure_all(  # noqa: PLR0913  all the parameters of a run
    bench: Bench, chosen: list[str], repetitions: int, *, extend: bool, output: Path, about: dict[str, Any]
) -> None:
    """Measure everything a number of times, and write the results after each measurement.

    Args:
        bench: The benchmark.
        chosen: Names of what is measured.
        repetitions: Number of repetitions.
        extend: Add the best peers with Fullcount's engine after the first repetition.
        output: File for the results.
        about: Facts about the run, written with the results.
    """
    count = len(chosen) + ((COMPARED_PEERS + 1) * len(VARIANTS) if extend else 0)
    hours = repetitions * count * (len(LOADS) * bench.seconds + 20) / 3600
    print(f"{repetitions} repetitions of {count} measurements: about {hours:.1f} hours; logs in {bench.cache / 'logs'}")
    results: Results = {}
    for repetition in range(repetitions):
        queue = list(chosen)
        while queue:
            name = queue.pop(0)
            measured = bench.measure(name)
            results.setdefault(name, {})[str(repetition)] = measured
            print(f"{repetition + 1}/{repetitions} {name}: {summary(measured)}", flush=True)
            output.parent.mkdir(parents=True, exist_ok=True)
            output.write_text(json.dumps({"about": about, "results": results}, indent=1))
            if extend and not queue and not repetition:
                queue = variants(list(dict.fromkeys([*best_peers(results, COMPARED_PEERS), PLAINEST])))
                chosen = [*chosen, *queue]
                extend = False


def summary(measured: dict[str, Any]) -> str:
    """Describe a measurement in one line."""
    if "failed" in measured:
        return f"failed: {measured['failed']}"
    if "loads" not in measured:
        return ", ".join(f"{way} {rate:.0f}/s" for way, rate in measured["small"].items())
    rates = ", ".join(f"{name} {load['images_per_second']:.1f}/s" for name, load in measured["loads"].items())
    errors = sum(load["errors"] for load in measured["loads"].values())
    return f"{rates}; ready after {measured['start_s']:.1f} s, {measured['peak_mb']:.0f} MB" + (
        f"; {errors:.0f} ERRORS" if errors else ""
    )


if __name__ == "__main__":
    main()
