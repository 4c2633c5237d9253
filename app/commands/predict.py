"""`fullcount predict`: predict image files here or on a server."""

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from rich.console import Console
from rich.table import Table

from app import client
from app.commands.options import engine_options, existing_file, model_options, pop_model, pop_url, read_settings
from app.predictions.schemas import BatchBody, BatchFailure
from model_store.presentation.tables import verbatim

if TYPE_CHECKING:
    from app.settings import Settings


@click.command()
@click.argument("images", nargs=-1, required=True, type=existing_file)
@model_options
@engine_options
@click.option("--top-k", type=click.IntRange(min=1), help="Number of labels to show.")
@click.option("--format", "form", type=click.Choice(["table", "json"]), default="table", show_default=True)
@click.pass_context
def predict(
    ctx: click.Context,
    /,
    images: tuple[Path, ...],
    top_k: int | None,
    form: str,
    **options: Any,  # noqa: ANN401  click's values
) -> None:
    """Predict the labels of images.

    It exits with 1 if an image could not be predicted; the other images are still predicted.
    """
    url = pop_url(options)
    if url:
        query = {"model": options["model"], "version": options["version"], "top_k": top_k}
        body = client.predict(url, images, query)
    else:
        body = asyncio.run(_predict_here(read_settings(pop_model(options)), images, top_k))
    if form == "json":
        click.echo(body.model_dump_json(indent=2, exclude_unset=True))
    else:
        Console().print(_predictions_table(body))
    ctx.exit(1 if body.failed else 0)


async def _predict_here(settings: "Settings", images: tuple[Path, ...], top_k: int | None) -> BatchBody:
    from app.local.session import open_session  # noqa: PLC0415  the service's packages are not needed to ask a server

    async with open_session(settings) as session:
        return await session.predict(images, top_k)


def _predictions_table(body: BatchBody) -> Table:
    table = Table("image", "label", "probability", "all labels", title=f"{body.model}, version {body.version}")
    for result in body.results:
        image = verbatim(result.filename or "")
        if isinstance(result, BatchFailure):
            table.add_row(image, "not read", "", verbatim(result.error.detail), style="red")
            continue
        others = ", ".join(f"{entry.label} {entry.probability:.4f}" for entry in result.predictions)
        table.add_row(image, verbatim(result.label), f"{result.probability:.4f}", verbatim(others))
    return table
