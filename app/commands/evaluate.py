"""`fullcount evaluate`: evaluate a labelled set here or on a server, and judge the report."""

import asyncio
import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeGuard, get_args

import click
from rich.console import Console

from app import client
from app.commands.options import (
    engine_options,
    existing_file,
    existing_path,
    model_options,
    pop_model,
    pop_url,
    read_settings,
    writable_file,
)
from app.commands.progress import OnProgress, show_progress
from app.reports import gate
from app.reports.forms import Form
from app.reports.schemas import ReportBody
from model_store.labelled_sets.layout import LayoutChoice
from model_store.labelled_sets.named_table import contradiction_of
from model_store.labelled_sets.table_search import is_table
from model_store.presentation.tables import (
    comparison_summary,
    corrections_summary,
    doubts_summary,
    evaluation_summary,
)

if TYPE_CHECKING:
    from app.reports.evaluator import Report

_Answer = tuple[ReportBody, bytes | None]
"""A report and, unless its form is text for the terminal, the report in that form."""


_FORMS: Final = ("table", "json", "html", "png", "csv")


@dataclass(frozen=True)
class _Query:
    data: Path
    form: str
    against: int | None
    explain: bool
    layout: LayoutChoice | None
    corrections: Path | None
    labels_from: Path | None


@click.command()
@click.argument("data", type=existing_path)
@model_options
@engine_options
@click.option(
    "--format",
    "form",
    type=click.Choice(_FORMS),
    help="Tables for the terminal, the report, a page, a picture of the matrix, or a row for each file.  "
    "[default: by --output, else table]",
)
@click.option("--against", type=click.IntRange(min=1), help="Version to compare with, on the same files.")
@click.option("--explain", is_flag=True, help="Show in the page which parts of a picture support its label.")
@click.option(
    "--layout",
    type=click.Choice(get_args(LayoutChoice)),
    help="Say what the first folders are, if they could be parts of the set, such as splits, or labels.",
)
@click.option("--corrections", type=existing_file, help="Apply this corrections.csv, and show what it changes.")
@click.option(
    "--labels-from",
    type=click.Path(path_type=Path),
    help="Take the labels from this table, with its path below DATA or on this machine, and not from folders.",
)
@click.option("--output", type=writable_file, help="Write to this file.")
@click.option("--min", "least", metavar="METRIC=VALUE", multiple=True, help="Exit with 1 below this; may be repeated.")
@click.option(
    "--by",
    type=click.Choice(["low", "value"]),
    default="low",
    show_default=True,
    help="Compare the lower end of the 95% interval, or the value itself.",
)
@click.option(
    "--allow",
    "allowed",
    metavar="STATE=NUMBER",
    multiple=True,
    help="Let --min pass with so many files that are unlabelled, unreadable, damaged or missing; may be repeated.",
)
@click.option("--junit", type=writable_file, help="Write the results of --min to this file, for a build server.")
@click.pass_context
def evaluate(  # noqa: PLR0913, PLR0917  a parameter for each option that is not a setting
    ctx: click.Context,
    /,
    data: Path,
    form: str | None,
    against: int | None,
    explain: bool,  # noqa: FBT001  a flag
    layout: LayoutChoice | None,
    corrections: Path | None,
    labels_from: Path | None,
    output: Path | None,
    least: tuple[str, ...],
    allowed: tuple[str, ...],
    by: gate.By,
    junit: Path | None,
    **options: Any,  # noqa: ANN401  click's values
) -> None:
    """Evaluate a labelled folder or zip; every file is counted.

    Without a server, DATA may also be a tar, or a table of labels, whose paths are relative to its own folder. With
    --min accuracy=0.9 or --min recall[LABEL]=0.95 it exits with 1 if the model is worse, and says why. Files under no
    label of the model, unreadable and damaged files, and rows of a table without a file fail --min as well: --allow
    unlabelled=3 lets so many pass.
    """
    url = pop_url(options)
    requirements = [gate.parse(text) for text in least]  # like the next line, before work that may take an hour
    allowances = [gate.parse_allowance(text) for text in allowed]
    form = form or _form_of(output)
    _check(data, url, form, (output, junit))
    _check_table(data, url, layout, labels_from)
    if junit is not None and not requirements:
        raise click.UsageError("--junit needs --min, whose results it writes.")
    if allowances and not requirements:
        raise click.UsageError("--allow needs --min, which it lets pass.")
    query = _Query(data, form, against, explain, layout, corrections, labels_from)
    with show_progress("Evaluating") as on_progress:
        body, rendered = _ask(url, query, options, on_progress) if url else _compute(query, options, on_progress)
    _write(body, form, rendered, output)
    judgements = gate.judge(body, requirements, by)
    judgements += gate.judge_files(body, body.interpretation.labels_files, allowances) if requirements else []
    for judgement in judgements:
        click.echo(f"{'met' if judgement.is_met else 'NOT MET'}: {judgement.sentence}", err=True)
    if junit is not None:
        junit.write_text(gate.junit(judgements, f"{body.model} version {body.version} on {data.name}"), "utf-8")
    ctx.exit(0 if all(judgement.is_met for judgement in judgements) else 1)


def _form_of(output: Path | None) -> str:
    """Return the form that the ending of the output says, as for `fullcount predict`; tables if it says none."""
    ending = "" if output is None else output.suffix.lower().removeprefix(".")
    return ending if ending in _FORMS else "table"


def _check(data: Path, url: str | None, form: str, outputs: Sequence[Path | None]) -> None:
    """Refuse what could not be written or sent once the evaluation is done; the report's file is the first output."""
    for file in outputs:
        if file is not None and not os.access(file.parent, os.W_OK):
            raise click.UsageError(f"There is no writable directory {file.parent}; write the output elsewhere.")
    if outputs[0] is None and form in {"html", "png"} and _is_terminal():
        raise click.UsageError(f"A terminal cannot show {form}; write it to a file with --output.")
    if url and (data.is_dir() or is_table(data.name)):
        raise click.UsageError("A server accepts a zip; zip the folder, or use --store.")


def _check_table(data: Path, url: str | None, layout: LayoutChoice | None, labels_from: Path | None) -> None:
    """Refuse a table that would not be used."""
    contradiction = contradiction_of(data, layout, labels_from)
    if labels_from is not None and url:
        contradiction = "A server takes no --labels-from; put the table into the zip as labels.csv, or use --store."
    if contradiction is not None:
        raise click.UsageError(contradiction)


def _ask(url: str, query: _Query, options: dict[str, Any], on_progress: OnProgress) -> _Answer:
    """Evaluate on a server."""
    parameters = {
        "model": options["model"],
        "version": options["version"],
        "against": query.against,
        "layout": query.layout,
    }
    parameters |= {"explain": True} if query.explain else {}
    body = client.evaluate(url, query.data, parameters, on_progress, query.corrections)
    return body, client.rendered(url, body, query.form) if _is_rendered(query.form) else None


def _compute(query: _Query, options: dict[str, Any], on_progress: OnProgress) -> _Answer:
    """Evaluate on this machine."""
    from app.local.session import open_session  # noqa: PLC0415  asking a server does not need the service's packages
    from app.reports.rendering.render import render  # noqa: PLC0415
    from model_store.evaluation.records_file import dump_records  # noqa: PLC0415

    async def evaluate_here() -> "Report":
        async with open_session(read_settings(pop_model(options))) as session:
            return await session.evaluate(
                query.data,
                on_progress,
                against=query.against,
                explain=query.explain,
                layout=query.layout,
                corrections=query.corrections,
                labels_from=query.labels_from,
            )

    report = asyncio.run(evaluate_here())
    if not _is_rendered(query.form):
        return report.body, None
    return report.body, render(
        query.form, report.body.model_dump_json(exclude_unset=True), dump_records(report.records)
    )


def _is_rendered(form: str) -> TypeGuard[Form]:
    """Tell whether a form is not text for the terminal and must be rendered."""
    return form in get_args(Form)


def _is_terminal() -> bool:
    return sys.stdout.isatty()


def _write(body: ReportBody, form: str, rendered: bytes | None, output: Path | None) -> None:
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


def _print_report(body: ReportBody, form: str, console: Console) -> None:
    if form == "json":
        console.file.write(body.model_dump_json(indent=2, exclude_unset=True) + "\n")
    else:
        console.print(evaluation_summary(body, body.interpretation))
        if body.corrections is not None:
            console.print(corrections_summary(body.corrections, body))
        console.print(doubts_summary(body.leakage, body.duplicates, body.mislabelled))
        if body.comparison is not None:
            console.print(comparison_summary(body.comparison, body.version))
