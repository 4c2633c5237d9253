"""`fullcount audit`: count the files of a data set by fate, without training or loading TensorFlow."""

import re
import shlex
import sys
import tarfile
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import click
from rich.console import Console
from rich.text import Text

from model_store.labelled_sets.layout import LayoutChoice
from training.commands.options import corrections_option, layout_option, make_progress, option
from training.data.audit import audit_folder
from training.data.audit_tables import AUDIT_FORMATS, audit_table
from training.data.files import Audit
from training.data.unpacking import as_folder

_TABLE: Final = "table"
_SUFFIXES: Final = re.compile(r"(\.tar)?\.\w+\Z")


@click.command()
@click.argument("data", type=click.Path(path_type=Path, exists=True))
@click.option("--format", "format_", type=click.Choice([_TABLE, *AUDIT_FORMATS]), default=_TABLE, show_default=True)
@option("--group-by", metavar="REGEX", help="Describe the groups that stay together in training.")
@layout_option
@corrections_option
@click.option("--strict", is_flag=True, help="Exit with status 1 if anything is odd, or training would refuse the set.")
def audit(  # noqa: PLR0913  a parameter for each option
    data: Path,
    format_: str,
    group_by: str | None,
    layout: LayoutChoice | None,
    corrections: Path | None,
    *,
    strict: bool,
) -> None:
    """Count the files of a data set by fate and list the odd ones; train nothing.

    DATA is a folder, or a zip or tar of one. The checks of training are run, and the last line says what to type next.
    """
    with as_folder(data) as folder, make_progress() as progress:
        result = audit_folder(folder, progress, group_by, layout, corrections)
    if format_ == _TABLE:
        Console().print(audit_table(result))
        options = {"--group-by": group_by, "--layout": layout, "--corrections": corrections}
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
    folder = data if data.is_dir() else Path(_SUFFIXES.sub("", data.name))
    name = re.sub(r"[^a-z0-9._-]+", "-", folder.resolve().name.lower()).strip("._-")[:63] or "model"
    train = shlex.join(["fullcount", "train", str(folder), "--store", "models", "--model", name, *given])
    return f"Next: {train}" if data.is_dir() else f"Next: {_unpacking(data, folder)} && {train}"


def _unpacking(archive: Path, folder: Path) -> str:
    if tarfile.is_tarfile(archive):
        made = shlex.join(["mkdir", str(folder)])
        return f"{made} && {shlex.join(['tar', '-xf', str(archive), '-C', str(folder)])}"
    return shlex.join(["python3", "-m", "zipfile", "-e", str(archive), str(folder)])
