"""`fullcount models quantize`: publishes a copy of a stored version with an int8 variant."""

import tempfile
from pathlib import Path
from typing import Final

import click
from rich.console import Console
from rich.text import Text

from model_store.commands.models import store_option
from model_store.storage.private_copy import private_copy
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
    type=click.Path(path_type=Path, exists=True),
    required=True,
    help="Its training data, as for `train`: training images set the ranges, validation images measure the loss.",
)
@click.option("--seed", type=click.IntRange(min=0), default=0, show_default=True, help="Seed of the choice of images.")
def quantize(store: Path, model: str, version: int | None, data: Path, seed: int) -> None:
    """Make a new version with an int8 variant, if it is as accurate.

    VERSION defaults to the one that serves. The new version is a copy with the variant. It is published only if
    accuracy and calibration stay within the margins on the version's own validation images.
    """
    models = ModelStore(store)
    stored = models.open(model, version, verify=False)
    with private_copy(stored, within=Path(tempfile.gettempdir())) as copy, make_progress() as progress:
        published, variants = publish_quantized(models, copy, data, seed, progress)
    console = Console()
    for precision, measured in variants.measured.items():
        console.print(Text(f"In {precision}: {measured.sentence()}."))
    number = published.manifest.version
    console.print(Text(f"Published {model} version {number}: {published.directory}", style="bold"))
