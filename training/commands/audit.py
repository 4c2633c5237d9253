"""`fullcount audit`: count the files of a data set by fate, without training or loading TensorFlow."""

import sys
from pathlib import Path
from typing import Final

import click
from rich.console import Console

from model_store.labelled_sets.layout import LayoutChoice
from training.commands.options import data_argument, layout_option, make_progress, option
from training.data.audit import audit_folder, untrainable
from training.data.audit_tables import AUDIT_FORMATS, audit_table

_TABLE: Final = "table"


@click.command()
@data_argument
@click.option("--format", "format_", type=click.Choice([_TABLE, *AUDIT_FORMATS]), default=_TABLE, show_default=True)
@option("--group-by", metavar="REGEX", help="Describe the groups that stay together in training.")
@layout_option
@click.option("--strict", is_flag=True, help="Exit with status 1 if anything is odd, or nothing can be trained.")
def audit(data: Path, format_: str, group_by: str | None, layout: LayoutChoice | None, *, strict: bool) -> None:
    """Count the files of a data set by fate and list the odd ones; train nothing."""
    with make_progress() as progress:
        result = audit_folder(data, progress, group_by, layout)
    if format_ == _TABLE:
        Console().print(audit_table(result))
    else:
        click.echo(AUDIT_FORMATS[format_](result), nl=False)
    if strict and (result.is_odd or untrainable(result)):
        sys.exit(1)
