"""`fullcount bench`: measure this machine and print the figures."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.progress import Progress
from rich.table import Table
from rich.text import Text

from app.bench.measuring import REPETITIONS, Figures, Subject, measure, verdict
from app.bench.pictures import make_pictures, read_pictures
from app.commands.options import engine_options, model_option, pop_model, read_settings, store_option, version_option
from app.inference.engines.loading import load_engine_quietly
from app.lifecycle.registry import choose_version
from app.settings import cores
from model_store.storage.golden import load_golden
from model_store.storage.private_copy import private_copy
from model_store.store import ModelStore


@click.command()
@click.argument("images", nargs=-1, type=click.Path(exists=True, dir_okay=False, path_type=Path))
@store_option
@model_option
@version_option
@engine_options
@click.option(
    "--seconds",
    type=click.FloatRange(0.5),
    default=3.0,
    show_default=True,
    help="Length of each of 20 measurements.",
)
@click.option("--format", "form", type=click.Choice(["table", "json"]), default="table", show_default=True)
def bench(images: tuple[Path, ...], seconds: float, form: str, **options: Any) -> None:  # noqa: ANN401  click's values
    """Measure the limits of this machine and the service on it, and name the bottleneck.

    It sends IMAGES or, without any, made-up pictures of 500 x 375 pixels. Run nothing else meanwhile.
    """
    settings = read_settings(pop_model(options))
    store = ModelStore(settings.store)
    stored = store.open(*choose_version(store, settings), verify=False)
    with private_copy(stored, within=settings.spool_directory()) as copy:
        engine = load_engine_quietly(copy, settings)
        samples = load_golden(copy.directory).pixels
    pictures = read_pictures(images, settings.max_image_bytes) if images else make_pictures(samples)
    subject = Subject(engine, stored.manifest, settings, pictures)
    with Progress(console=Console(stderr=True)) as progress:
        task = progress.add_task("Measuring", total=REPETITIONS)
        figures = measure(subject, seconds, lambda: progress.advance(task))
    sentences = verdict(figures, subject)
    if form == "json":
        click.echo(json.dumps(asdict(figures) | {"verdict": sentences}, indent=2))
        return
    console = Console()
    console.print(_table(figures))
    for sentence in sentences:
        console.print(Text(sentence))


def _table(figures: Figures) -> Table:
    limits = figures.limits
    table = Table("", "images/s", "of the limit", "p50 ms", "p99 ms", title=Text(f"{figures.engine}, {cores()} cores"))
    table.add_row("decoding alone", f"{limits.decode:.0f}", "", "", "")
    table.add_row("computing alone", f"{limits.compute:.0f}", "", "", "")
    table.add_row("limit: both, no HTTP", f"{limits.both:.0f}", "1", f"{limits.alone_ms:.1f}", "", end_section=True)
    for connections, load in figures.loads.items():
        table.add_row(
            f"service, {connections} connection{'' if connections == 1 else 's'}",
            f"{load.rate:.0f}",
            f"{figures.ratios[connections]:.2f}",
            f"{load.p50_ms:.1f}",
            f"{load.p99_ms:.1f}{f' ({load.refused} refused)' if load.refused else ''}",
        )
    table.caption = f"ready after {figures.start_s:.1f} s, at most {figures.peak_mib:.0f} MiB"
    return table
