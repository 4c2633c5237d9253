"""`fullcount train` and `fullcount audit`: options in, tables out.

Every option has a default from the environment. TensorFlow is loaded when training begins, not before.
"""

import re
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final, TypeVar

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from model_store.cli import store_option
from model_store.pixels import InputSpec
from training.audit import audit_folder
from training.backbones import BACKBONES
from training.config import DEVICE_PATTERN, HeadSettings, TrainingConfig
from training.errors import LabelUnknown
from training.names import DEFAULT, IMAGENET, NONE
from training.quiet import quieten_tensorflow
from training.split import Fractions
from training.summary import AUDIT_FORMATS, audit_table, training_summary

_HEAD: Final = HeadSettings()
_FRACTIONS: Final = Fractions()


_Command = TypeVar("_Command", bound=Callable[..., Any] | click.Command)


def _option(name: str, **settings: Any) -> Callable[[_Command], _Command]:  # noqa: ANN401  click's settings
    """Make an option whose default can be set as FULLCOUNT_ and its name."""
    environment = f"FULLCOUNT_{name.removeprefix('--').replace('-', '_').upper()}"
    return click.option(name, envvar=environment, show_envvar=True, show_default=True, **settings)


def _check_device(ctx: click.Context, parameter: click.Parameter, value: str) -> str:
    del ctx, parameter
    if not re.fullmatch(DEVICE_PATTERN, value):
        raise click.BadParameter(f"{value!r} is none of auto, cpu, gpu and gpu:N.")
    return value


data_argument = click.argument("data", type=click.Path(path_type=Path, exists=True, file_okay=False))
backbone_option = _option(
    "--backbone", type=click.Choice(sorted(BACKBONES)), default=DEFAULT, help="Network from pixels to features."
)


@click.command()
@data_argument
@store_option
@_option("--model", required=True, help="Name of the model; its next version is published.")
@backbone_option
@_option("--weights", default=IMAGENET, help=f"Of the backbone: {IMAGENET}, {NONE} for random ones, or a file's path.")
@_option("--positive", help="With two labels, the positive one.  [default: the second in sorted order]")
@_option("--seed", type=click.IntRange(min=0, max=2**32 - 1), default=0, help="Of everything random.")
@_option("--epochs", type=click.IntRange(min=1), default=_HEAD.epochs, help="Most epochs of the head.")
@_option(
    "--patience", type=click.IntRange(min=1), default=_HEAD.patience, help="Epochs without progress to stop after."
)
@_option("--batch-size", type=click.IntRange(min=1), default=_HEAD.batch_size, help="Images per step of the head.")
@_option("--learning-rate", type=click.FloatRange(0, min_open=True), default=_HEAD.learning_rate, help="Of the head.")
@_option("--dropout", type=click.FloatRange(0, 1, max_open=True), default=_HEAD.dropout, help="Before the last layer.")
@_option(
    "--val-fraction", type=float, default=_FRACTIONS.validation, help="Of each label's images, without a val folder."
)
@_option(
    "--test-fraction",
    type=float,
    default=_FRACTIONS.test,
    help="Of each label's images, without a test folder; 0: none.",
)
@_option("--device", metavar="auto|cpu|gpu|gpu:N", default="auto", callback=_check_device, help="What to compute on.")
def train(**options: Any) -> None:  # noqa: ANN401  one keyword per option above
    """Train on a folder of labelled images and publish the model.

    DATA holds a folder per label, or train, val and test folders of such folders.
    """
    config = _config(options)
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # ends as Ctrl-C does: nothing is left behind
    with _progress() as progress:
        starting = progress.add_task("Loading TensorFlow", total=1)
        quieten_tensorflow()
        from training.recipe import run  # noqa: PLC0415  loads TensorFlow

        progress.advance(starting)
        try:
            result = run(config, progress)
        except LabelUnknown as error:
            raise click.BadParameter(str(error), param_hint="--positive") from error
    Console().print(training_summary(result))


@click.command()
@data_argument
@backbone_option
@click.option("--format", "format_", type=click.Choice(["table", *AUDIT_FORMATS]), default="table", show_default=True)
@click.option("--strict", is_flag=True, help="Exit with 1 if any file is neither used nor a system file.")
def audit(data: Path, backbone: str, format_: str, *, strict: bool) -> None:
    """List every file of a data set with its fate; train nothing.

    The backbone's input size decides how far two pictures count as the same.
    """
    size = BACKBONES[backbone].size
    with _progress() as progress:
        result = audit_folder(data, InputSpec(height=size, width=size), progress)
    if format_ == "table":
        Console().print(audit_table(result))
    else:
        click.echo(AUDIT_FORMATS[format_](result), nl=False)
    if strict and result.is_odd:
        sys.exit(1)


def _config(options: dict[str, Any]) -> TrainingConfig:
    """Make the configuration from click's values."""
    try:
        fractions = Fractions(options.pop("val_fraction"), options.pop("test_fraction"))
    except ValueError as error:
        raise click.UsageError(f"--val-fraction and --test-fraction: {error}.") from error
    head = {name: options.pop(name) for name in ("epochs", "batch_size", "learning_rate", "dropout", "patience")}
    return TrainingConfig(fractions=fractions, head=HeadSettings(**head), **options)


def _progress() -> Progress:
    """Show progress on standard error."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    return Progress(*columns, console=Console(stderr=True))
