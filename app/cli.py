"""`fullcount serve`, `predict`, `evaluate` and `doctor`: their words and options; what they do is elsewhere."""

import asyncio
import json
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click
from click.core import ParameterSource
from pydantic import ValidationError
from rich.console import Console
from rich.progress import MofNCompleteColumn, Progress
from rich.table import Table
from rich.text import Text

from app import client, gate
from app.schemas import BatchBody, BatchFailure, EvaluationBody
from model_store.store import ModelStore
from model_store.tables import comparison_summary, doubts_summary, evaluation_summary, verbatim
from model_store.terminal import held_back_standard_error

if TYPE_CHECKING:
    from app.settings import Settings
    from model_store.records import Records

F = TypeVar("F", bound=Callable[..., object])

store_option = click.option(
    "--store",
    type=click.Path(path_type=Path),
    help="Directory of the model store; default: FULLCOUNT_STORE, else models.",
)
_existing_file = click.Path(exists=True, dir_okay=False, path_type=Path)
_existing = click.Path(exists=True, path_type=Path)
_writable = click.Path(dir_okay=False, writable=True, path_type=Path)


def engine_options(function: F) -> F:
    """Give a command the options of what computes."""
    for option in (
        click.option("--precision", type=click.Choice(["f32", "bf16", "int8", "auto"]), help="In what it computes."),
        click.option("--engine", type=click.Choice(["auto", "tensorflow", "openvino"]), help="What computes."),
        click.option("--device", metavar="auto|cpu|gpu|gpu:N", help="Where it computes."),
    ):
        function = option(function)
    return function


def _model_options(function: F) -> F:
    for option in (
        click.option("--url", metavar="URL", envvar="FULLCOUNT_URL", help="Ask the service at this URL instead."),
        click.option("--version", type=click.IntRange(min=1), help="Version; default: the one that serves."),
        click.option("--model", help="Model; may be left out where the store holds one."),
        store_option,
    ):
        function = option(function)
    return function


@click.command()
@store_option
@click.option("--model", "models", multiple=True, help="Model to serve; may be repeated. Default: every model.")
@click.option("--version", type=click.IntRange(min=1), help="Version to serve; default: the one that serves.")
@click.option("--host", help="Address to listen on; default: 127.0.0.1.")
@click.option("--port", type=click.IntRange(0, 65535), help="Port to listen on; default: 8000.")
@click.option("--workers", type=click.IntRange(min=1), help="Processes that serve, if a GPU outruns one; default: 1.")
@engine_options
@click.pass_context
def serve(ctx: click.Context, /, **options: Any) -> None:  # noqa: ANN401  click's values
    """Serve the models of a store over HTTP.

    Every option and every limit is also a setting FULLCOUNT_… in the environment.
    """
    from app.registry import choose_versions  # noqa: PLC0415  the service's packages are for this command only
    from app.server import run_server  # noqa: PLC0415

    settings = read_settings(options)
    choose_versions(ModelStore(settings.store), settings)  # what cannot be served at all is said before anything runs
    ctx.exit(run_server(settings))


@click.command()
@click.argument("images", nargs=-1, required=True, type=_existing_file)
@_model_options
@engine_options
@click.option("--top-k", type=click.IntRange(min=1), help="How many labels to show.")
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

    Exits with 1 if an image could not be read; the others are answered all the same.
    """
    url = _pop_url(options)
    if url:
        query = {"model": options["model"], "version": options["version"], "top_k": top_k}
        body = client.predict(url.rstrip("/"), images, query)
    else:
        body = asyncio.run(_predict_offline(read_settings(_one_model(options)), images, top_k))
    if form == "json":
        click.echo(body.model_dump_json(indent=2, exclude_unset=True))
    else:
        Console().print(_predictions_table(body))
    ctx.exit(1 if body.failed else 0)


@click.command()
@click.argument("data", type=_existing)
@_model_options
@engine_options
@click.option(
    "--format",
    "form",
    type=click.Choice(["table", "json", "html", "png", "csv"]),
    default="table",
    show_default=True,
    help="Tables for the terminal, the report, a page, a picture of the matrix, or a line for each file.",
)
@click.option("--against", type=click.IntRange(min=1), help="Version to compare with, on the same files.")
@click.option("--explain", is_flag=True, help="Show in a page what in the pictures spoke for the labels called.")
@click.option("--output", type=_writable, help="Write to this file.")
@click.option("--min", "least", metavar="METRIC=VALUE", multiple=True, help="Exit with 1 below this; may be repeated.")
@click.option(
    "--by",
    type=click.Choice(["low", "value"]),
    default="low",
    show_default=True,
    help="Compare the lower end of the 95% interval, or the value itself.",
)
@click.option("--junit", type=_writable, help="Write what --min found to this file, for a build server.")
@click.pass_context
def evaluate(  # noqa: PLR0913, PLR0917  a parameter for each option that is not a setting
    ctx: click.Context,
    /,
    data: Path,
    form: str,
    against: int | None,
    explain: bool,  # noqa: FBT001  a flag
    output: Path | None,
    least: tuple[str, ...],
    by: gate.By,
    junit: Path | None,
    **options: Any,  # noqa: ANN401  click's values
) -> None:
    """Evaluate a labelled folder or zip; every file is counted.

    With --min accuracy=0.9 or --min recall[LABEL]=0.95 it exits with 1, and says why, when the model is not as good.
    """
    url = _pop_url(options)
    requirements = [gate.parse(text) for text in least]  # like what follows, before an evaluation that may take an hour
    if junit is not None and not requirements:
        raise click.UsageError("--junit needs --min: it says what was required and found.")
    for file in (output, junit):
        if file is not None and not os.access(file.parent, os.W_OK):
            raise click.UsageError(f"There is no directory {file.parent} that can be written for the output.")
    if output is None and form in {"html", "png"} and _is_terminal():
        raise click.UsageError(f"A terminal cannot show {form}; write it to a file with --output.")
    if url and data.is_dir():
        raise click.UsageError("A server takes a zip; zip the folder, or use --store.")
    with _progress("Evaluating") as on_progress:
        if url:
            query = {"model": options["model"], "version": options["version"], "against": against}
            query |= {"explain": True} if explain else {}
            body = client.evaluate(url.rstrip("/"), data, query, on_progress)
            rendered = client.rendered(url.rstrip("/"), body, form) if form in client.MEDIA_TYPES else None
        else:
            settings = read_settings(_one_model(options))
            body, records = asyncio.run(_evaluate_offline(settings, data, on_progress, against, explain=explain))
            rendered = _render(body, records, form)
    _write(body, form, rendered, output)
    judgements = gate.judge(body, requirements, by)
    for one in judgements:
        click.echo(f"{'met' if one.is_met else 'NOT MET'}: {one.sentence}", err=True)
    if junit is not None:
        junit.write_text(gate.junit(judgements, f"{body.model} version {body.version} on {data.name}"), "utf-8")
    ctx.exit(0 if all(one.is_met for one in judgements) else 1)


@click.command()
@click.option("--format", "form", type=click.Choice(["table", "json"]), default="table", show_default=True)
def doctor(form: str) -> None:
    """Say what this machine has and what limits it."""
    from app.doctor import examine  # noqa: PLC0415  imports TensorFlow

    with held_back_standard_error():
        findings = examine(read_settings({}))
    if form == "json":
        click.echo(json.dumps(findings, indent=2))
        return
    table = Table(show_header=False)
    for name, value in findings.items():
        table.add_row(name, Text("\n".join(value) if isinstance(value, list) else value))
    Console().print(table)


async def _predict_offline(settings: "Settings", images: tuple[Path, ...], top_k: int | None) -> BatchBody:
    from app.offline import load  # noqa: PLC0415  the service's packages are not needed to ask a server

    async with load(settings) as offline:
        return await offline.predict(images, top_k)


async def _evaluate_offline(
    settings: "Settings", data: Path, on_progress: Callable[[int, int], None], against: int | None, *, explain: bool
) -> "tuple[EvaluationBody, Records]":
    from app.offline import load  # noqa: PLC0415  as above

    async with load(settings) as offline:
        return await offline.evaluate(data, on_progress, against=against, explain=explain)


@contextmanager
def _progress(what: str) -> Iterator[Callable[[int, int], None]]:
    """Show a bar on standard error while the block runs, if that is a terminal; gives what moves it."""
    console = Console(stderr=True)
    columns = (*Progress.get_default_columns(), MofNCompleteColumn())
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress:
        task = progress.add_task(what, total=None)
        yield lambda done, total: progress.update(task, completed=done, total=total)


def _pop_url(options: dict[str, Any]) -> str | None:
    """Take the server's URL out of the options: one given with --store is wrong, one of the environment gives way."""
    url: str | None = options.pop("url")
    if url is not None and "://" not in url:
        url = f"http://{url}"
    if url is None or options["store"] is None:
        return url
    if click.get_current_context().get_parameter_source("url") is ParameterSource.COMMANDLINE:
        raise click.UsageError("--url asks a server and --store does without one; give one of them.")
    return None


def _one_model(options: dict[str, Any]) -> dict[str, Any]:
    model = options.pop("model")
    return {**options, "models": (model,) if model else ()}


def read_settings(options: dict[str, Any]) -> "Settings":
    """Read the environment, and let the options that were given win."""
    from app.settings import Settings  # noqa: PLC0415  as above

    given = {name: value for name, value in options.items() if value not in {None, ()}}
    try:
        return Settings(**given)
    except ValidationError as error:
        first = error.errors()[0]
        name = str(first["loc"][0])
        where = f"--{name}" if name in given else f"FULLCOUNT_{name.upper()}"
        raise click.UsageError(f"{where}={first.get('input')} is not possible: {first['msg']}.") from error


def _is_terminal() -> bool:
    return sys.stdout.isatty()


def _render(body: EvaluationBody, records: "Records", form: str) -> bytes | None:
    """Return a report in a form that is no text for the terminal; None where it is."""
    from app.representations.render import render  # noqa: PLC0415  as above
    from model_store.records_file import dump_records  # noqa: PLC0415

    if form in {"html", "png", "csv"}:
        return render(form, body.model_dump_json(exclude_unset=True), dump_records(records))  # type: ignore[arg-type]
    return None


def _write(body: EvaluationBody, form: str, rendered: bytes | None, output: Path | None) -> None:
    if output is None and rendered is None:
        _print_report(body, form, Console())
    elif output is None:
        sys.stdout.buffer.write(rendered or b"")
    elif rendered is not None:
        output.write_bytes(rendered)
    else:
        with output.open("w", encoding="utf-8") as file:
            _print_report(body, form, Console(file=file, width=120))
    if output is not None:
        click.echo(f"written to {output}", err=True)


def _print_report(body: EvaluationBody, form: str, console: Console) -> None:
    if form == "json":
        console.file.write(body.model_dump_json(indent=2, exclude_unset=True) + "\n")
    else:
        console.print(evaluation_summary(body, body.interpretation))
        console.print(doubts_summary(body.leakage, body.duplicates, body.mislabelled))
        if body.comparison is not None:
            console.print(comparison_summary(body.comparison, body.version))


def _predictions_table(body: BatchBody) -> Table:
    table = Table("image", "label", "probability", "all labels", title=f"{body.model}, version {body.version}")
    for result in body.results:
        image = verbatim(result.filename or "")
        if isinstance(result, BatchFailure):
            table.add_row(image, "not read", "", verbatim(result.error.detail), style="red")
            continue
        others = ", ".join(f"{one.label} {one.probability:.4f}" for one in result.predictions)
        table.add_row(image, verbatim(result.label), f"{result.probability:.4f}", verbatim(others))
    return table
