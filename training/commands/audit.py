"""`fullcount audit`: count the files of a data set by fate, without training or loading TensorFlow."""

import re
import shlex
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import click
from rich.console import Console
from rich.text import Text

from model_store.labelled_sets.corrections.finding import place_of
from model_store.labelled_sets.layout import LayoutChoice
from model_store.labelled_sets.table_search import is_table
from training.commands.options import (
    check_labels_from,
    corrections_option,
    data_argument,
    labels_from_option,
    layout_option,
    make_progress,
    option,
)
from training.data.audit import audit_folder
from training.data.audit_tables import AUDIT_FORMATS, audit_table
from training.data.files import Audit
from training.data.source import open_source

_TABLE: Final = "table"
_SUFFIXES: Final = re.compile(r"(\.tar)?\.\w+\Z")


@click.command()
@data_argument
@click.option("--format", "format_", type=click.Choice([_TABLE, *AUDIT_FORMATS]), default=_TABLE, show_default=True)
@option("--group-by", metavar="REGEX", help="Describe the groups that stay together in training.")
@layout_option
@corrections_option
@labels_from_option
@click.option("--strict", is_flag=True, help="Exit with status 1 if anything is odd, or training would refuse the set.")
def audit(  # noqa: PLR0913, PLR0917  a parameter for each option
    data: Path,
    format_: str,
    group_by: str | None,
    layout: LayoutChoice | None,
    corrections: Path | None,
    labels_from: Path | None,
    *,
    strict: bool,
) -> None:
    """Count the files of a data set by fate and list the odd ones; train nothing.

    DATA is a folder, a zip or tar of one, or a table of labels, whose paths are relative to its own folder. The checks
    of training are run, and the last line says what to type next.
    """
    check_labels_from(data, layout, labels_from)
    with open_source(data, labels_from) as source, make_progress() as progress:
        result = audit_folder(
            source.folder,
            progress,
            group_by=group_by,
            layout=layout,
            corrections=corrections,
            labels_from=source.labels_from,
            above=place_of(data),
        )
    if format_ == _TABLE:
        Console().print(audit_table(result))
        options = {
            "--group-by": group_by,
            "--layout": layout,
            "--corrections": corrections,
            "--labels-from": labels_from,
        }
        Console(soft_wrap=True).print(Text(_next_step(result, data, options)))
    else:
        click.echo(AUDIT_FORMATS[format_](result), nl=False)
    if strict and (result.is_odd or not result.is_trainable):
        sys.exit(1)


def _next_step(audited: Audit, data: Path, options: Mapping[str, object]) -> str:
    """Return the command to type next, with the options that were given."""
    given = [word for name, value in options.items() if value is not None for word in (name, str(value))]
    if not audited.is_trainable:
        again = shlex.join(["fullcount", "audit", str(data), *given])
        return f"Next: correct what the last remark says, then {again}"
    whole = data.resolve()
    title = (
        whole.name if whole.is_dir() else whole.parent.name if is_table(whole.name) else _SUFFIXES.sub("", whole.name)
    )
    name = re.sub(r"[^a-z0-9._-]+", "-", title.lower()).strip("._-")[:63] or "model"
    return f"Next: {shlex.join(['fullcount', 'train', str(data), '--store', 'models', '--model', name, *given])}"
