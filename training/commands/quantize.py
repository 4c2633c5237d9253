"""`fullcount models quantize`: a stored version, and the folder it was trained from, to a new version with int8."""

from pathlib import Path
from typing import Final

import click
from rich.console import Console
from rich.text import Text

from model_store.commands.models import store_option
from model_store.store import ModelStore
from training.commands.options import make_progress
from training.variants.requantizing import publish_quantized

_NUMBER: Final = click.IntRange(min=1)


@click.command()
@store_option
@click.argument("model")
@click.argument("version", type=_NUMBER, required=False)
@click.option(
    "--data",
    type=click.Path(path_type=Path, exists=True, file_okay=False),
    required=True,
    help="Folder it was trained from: training images set the ranges, validation images judge the loss.",
)
@click.option("--seed", type=click.IntRange(min=0), default=0, show_default=True, help="Of the choice of images.")
def quantize(store: Path, model: str, version: int | None, data: Path, seed: int) -> None:
    """Make a new version with an int8 variant, if it is as accurate.

    VERSION is by default the one that serves. The new version is a copy with the variant in it; it is published only if
    accuracy and calibration stay within the margins on the version's own validation images.
    """
    models = ModelStore(store)
    stored = models.open(model, version)
    with make_progress() as progress:
        published, variants = publish_quantized(models, stored, data, seed, progress)
    console = Console()
    for precision, measured in variants.measured.items():
        console.print(Text(f"In {precision}: {measured.sentence()}."))
    number = published.manifest.version
    console.print(Text(f"Published {model} version {number}: {published.directory}", style="bold"))
