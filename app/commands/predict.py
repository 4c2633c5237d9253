"""`fullcount predict`: predict images, folders, zips and lists of paths, here or on a server."""

import asyncio
import os
import sys
from collections.abc import AsyncGenerator, Iterable
from contextlib import ExitStack, aclosing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, Final

import click

from app.commands.options import (
    engine_options,
    existing_path,
    model_options,
    pop_model,
    pop_url,
    read_settings,
    writable_file,
)
from app.commands.progress import show_progress
from app.tables.asking import ask
from app.tables.files import DEFAULT_LIMITS, FoundFile, find_files, read_list
from app.tables.forms import FORMS
from app.tables.outcomes import Answerer, Answering, FileAnswer, Tally
from app.tables.partial import Partial, TableFile, find_partial
from app.tables.writing import FileSink, Sink, StreamSink, TerminalSink, write_table
from model_store.labelled_sets.labelled_set import SetLimits

if TYPE_CHECKING:
    from app.settings import Settings

_SENT_LIMITS: Final = replace(DEFAULT_LIMITS, max_image_bytes=512 * 2**20)
"""The limits of what is read to send it; the server has a lower one for an image."""


@dataclass(frozen=True)
class _Given:
    """What to predict, and where its table goes."""

    paths: tuple[Path, ...]
    output: Path | None
    form: str
    resumed: Partial | None


@click.command()
@click.argument("paths", nargs=-1, type=existing_path)
@click.option("--list", "listed", type=click.File("rb"), help="File of further paths, one a line; - is standard input.")
@model_options
@engine_options
@click.option("--top-k", type=click.IntRange(min=1), help="Number of labels to show.")
@click.option(
    "--format",
    "form",
    type=click.Choice(["table", "json", "csv", "jsonl"]),
    help="A table for the terminal, a document, or a row for each file.  [default: by --output, else table]",
)
@click.option(
    "--output", type=writable_file, metavar="FILE", help="Write to this file, which ends in .csv, .jsonl or .json."
)
@click.option("--resume", is_flag=True, help="Continue the table that an earlier run left partial.")
@click.pass_context
def predict(  # noqa: PLR0913, PLR0917  a parameter for each option that is not a setting
    ctx: click.Context,
    /,
    paths: tuple[Path, ...],
    listed: BinaryIO | None,
    top_k: int | None,
    form: str | None,
    output: Path | None,
    resume: bool,  # noqa: FBT001  a flag
    **options: Any,  # noqa: ANN401  click's values
) -> None:
    """Predict the labels of images: PATHS are images, folders and zips.

    It exits with 1 if an image could not be predicted; the other images are still predicted.
    """
    url = pop_url(options)
    form = _check_form(form, output)
    if resume and (output is None or form == "json"):
        raise click.UsageError("--resume continues the table in --output FILE, which ends in .csv or .jsonl.")
    if listed is not None:
        paths = (*paths, *read_list(listed))
    elif not paths:
        raise click.UsageError("Name an image, a folder or a zip, or give --list FILE.")
    given = _Given(paths, output, form, find_partial(output) if output is not None and resume else None)
    if url:
        query = {"model": options["model"], "version": options["version"], "top_k": top_k}
        counts = asyncio.run(_write(given, _SENT_LIMITS, lambda files: ask(url, query, files)))
    else:
        counts = asyncio.run(_predict_here(read_settings(pop_model(options)), given, top_k))
    if output is not None:
        click.echo(f"{counts.sentence()}; written to {output}", err=True)
    elif form in {"csv", "jsonl"}:
        click.echo(counts.sentence(), err=True)
    ctx.exit(1 if counts["unreadable"] else 0)


def _check_form(form: str | None, output: Path | None) -> str:
    """Return the form, which the name of the output decides if it is not given."""
    if output is None:
        return form or "table"
    ending = output.suffix.lower().removeprefix(".")
    if ending not in FORMS:
        raise click.UsageError(f"--output {output} must end in .csv, .jsonl or .json, which says its form.")
    if form not in {None, ending}:
        raise click.UsageError(f"--format {form} and --output {output} contradict each other; leave out --format.")
    if not os.access(output.parent, os.W_OK):
        raise click.UsageError(f"There is no writable directory {output.parent}; write the output elsewhere.")
    return ending


async def _predict_here(settings: "Settings", given: _Given, top_k: int | None) -> Tally:
    """Predict on this machine."""
    from app.inference.sources import SourceFile  # noqa: PLC0415
    from app.local.session import open_session  # noqa: PLC0415  asking a server does not need its packages
    from app.predictions.batch import Source  # noqa: PLC0415

    async with open_session(settings) as session:
        manifest = session.version.manifest
        answerer = Answerer(manifest.model, manifest.version)

        async def answer(files: Iterable[FoundFile]) -> AsyncGenerator[FileAnswer, None]:
            sources = (Source(file.path, SourceFile(file.read, 0)) for file in files)
            async with aclosing(session.predict_each(sources, top_k)) as results:
                async for result in results:
                    yield FileAnswer(answerer, result)

        return await _write(given, settings.set_limits(), answer)


async def _write(given: _Given, limits: SetLimits, answering: Answering) -> Tally:
    """Find the files and write their table."""
    with ExitStack() as stack, show_progress("Predicting") as on_progress:
        partial = None if given.resumed is None else given.resumed.path
        without = [path for path in (given.output, partial) if path is not None]
        files = find_files(given.paths, limits, stack, without=without)
        sink = _sink(given, stack)
        try:
            return await write_table(files, answering, sink, on_progress, resumed=given.resumed)
        except asyncio.CancelledError:  # Ctrl-C
            if sink.partial is not None:
                click.echo(f"{sink.partial.name} has the rows so far; --resume continues after them.", err=True)
            raise


def _sink(given: _Given, stack: ExitStack) -> Sink:
    if given.form == "table":
        return TerminalSink()
    form = FORMS[given.form]()
    if given.output is None:
        return StreamSink(form, sys.stdout.buffer)
    file = TableFile(given.output, given.resumed)
    stack.callback(file.close)
    return FileSink(form, file)
