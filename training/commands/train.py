"""`fullcount train`: options in, a published version and a summary out. TensorFlow is loaded when training begins."""

import re
from dataclasses import fields
from pathlib import Path
from typing import Any, Final, get_args

import click
from rich.console import Console
from rich.text import Text

from model_store.commands.models import store_option
from training.backbones.catalogue import BACKBONES
from training.backbones.names import DEFAULT, IMAGENET, NONE
from training.backbones.table import backbones_table
from training.commands.options import Duration, data_argument, make_progress, option
from training.commands.quiet import quieten_tensorflow
from training.config import (
    DEVICE_PATTERN,
    Augmentation,
    ClassWeights,
    FineTuneSettings,
    Fractions,
    HeadSettings,
    Precision,
    TrainingConfig,
)
from training.errors import LabelUnknown, ThresholdInvalid
from training.interruption import listening
from training.learning.threshold import parse_policy
from training.report.summary import training_summary

_HEAD: Final = HeadSettings()
_FINE_TUNE: Final = FineTuneSettings()
_FRACTIONS: Final = Fractions()
_LIST: Final = "list"


def _check_device(ctx: click.Context, parameter: click.Parameter, value: str) -> str:
    del ctx, parameter
    if not re.fullmatch(DEVICE_PATTERN, value):
        raise click.BadParameter(f"{value!r} is none of auto, cpu, gpu and gpu:N.")
    return value


def _check_threshold(ctx: click.Context, parameter: click.Parameter, value: str) -> str:
    del ctx, parameter
    try:
        parse_policy(value)
    except ThresholdInvalid as error:
        raise click.BadParameter(str(error)) from error
    return value


def _check_pattern(ctx: click.Context, parameter: click.Parameter, value: str | None) -> str | None:
    del ctx, parameter
    try:
        re.compile(value or "")
    except re.error as error:
        raise click.BadParameter(f"{value!r} is no regular expression: {error}.") from error
    return value


def _check_weights(ctx: click.Context, parameter: click.Parameter, value: str) -> str:
    del ctx, parameter
    if value not in {IMAGENET, NONE} and not Path(value).is_file():
        raise click.BadParameter(f"{value!r} is none of {IMAGENET}, {NONE} and the path of a file.")
    return value


def _check_backbone(ctx: click.Context, parameter: click.Parameter, value: str) -> str:
    del parameter
    if value == _LIST:
        Console().print(backbones_table())
        ctx.exit()
    if value not in BACKBONES:
        raise click.BadParameter(f"{value!r} is not one of: {', '.join(sorted(BACKBONES))}.")
    return value


backbone_option = option(
    "--backbone",
    metavar="NAME|list",
    default=DEFAULT,
    callback=_check_backbone,
    is_eager=True,  # `--backbone list` needs neither data nor store
    help="Network from pixels to features; `list` shows them all.",
)


@click.command()
@data_argument
@store_option
@option("--model", required=True, help="Name of the model; its next version is published.")
@backbone_option
@option(
    "--weights",
    default=IMAGENET,
    callback=_check_weights,
    help=f"Of the backbone: {IMAGENET}, {NONE} for random ones, or a file's path.",
)
@option(
    "--image-size",
    type=click.IntRange(32, 2048),
    metavar="PIXELS",
    help="Height and width of the model's input.  [default: the backbone's own]",
)
@option("--positive", help="With two labels, the positive one.  [default: the second in sorted order]")
@option(
    "--threshold",
    default="0.5",
    metavar="POLICY",
    callback=_check_threshold,
    help="Of the positive label: a probability, best-f1, youden, or recall>=0.95, chosen on validation images.",
)
@option("--seed", type=click.IntRange(min=0, max=2**31 - 1), default=0, help="Of everything random.")
@option("--budget", "budget_s", type=Duration(), metavar="20m", help="How long the run may take.  [default: no limit]")
@option("--augment", type=click.Choice(get_args(Augmentation)), default="auto", help="How training images are varied.")
@option(
    "--class-weights", type=click.Choice(get_args(ClassWeights)), default="none", help="Whether rare labels count more."
)
@option(
    "--group-by",
    metavar="REGEX",
    callback=_check_pattern,
    help="Files with the same match in their path stay on one side of the split: a patient, a scene.",
)
@option("--strict/--no-strict", default=False, help="Stop before training if anything in the data is odd.")
@option("--epochs", type=click.IntRange(min=1), default=_HEAD.epochs, help="Most epochs of the head.")
@option("--patience", type=click.IntRange(min=1), default=_HEAD.patience, help="Of the head: epochs without progress.")
@option("--batch-size", type=click.IntRange(min=1), default=_HEAD.batch_size, help="Images per step of the head.")
@option(
    "--learning-rate",
    type=click.FloatRange(0, min_open=True),
    help="Of the head.  [default: chosen on validation images]",
)
@option("--weight-decay", type=click.FloatRange(0), help="Of the head.  [default: chosen on validation images]")
@option("--dropout", type=click.FloatRange(0, 1, max_open=True), default=_HEAD.dropout, help="Before the last layer.")
@option("--fine-tune-epochs", type=click.IntRange(min=0), default=_FINE_TUNE.epochs, help="Most; 0: no fine-tuning.")
@option(
    "--fine-tune-patience", type=click.IntRange(min=1), default=_FINE_TUNE.patience, help="Epochs without progress."
)
@option("--fine-tune-batch-size", type=click.IntRange(min=1), default=_FINE_TUNE.batch_size, help="Images per step.")
@option(
    "--fine-tune-learning-rate",
    type=click.FloatRange(0, min_open=True),
    default=_FINE_TUNE.learning_rate,
    help="The highest, after the warm-up.",
)
@option(
    "--fine-tune-depth",
    type=click.FloatRange(0, 1, min_open=True),
    default=_FINE_TUNE.depth,
    help="Share of the layers that learn, from the top.",
)
@option(
    "--label-smoothing",
    type=click.FloatRange(0, 1, max_open=True),
    default=_FINE_TUNE.label_smoothing,
    help="When fine-tuning.",
)
@option(
    "--val-fraction",
    type=float,
    default=_FRACTIONS.validation,
    help="Of each label's images, without a val folder.",
)
@option(
    "--test-fraction",
    type=float,
    default=_FRACTIONS.test,
    help="Of each label's images, without a test folder; 0: none.",
)
@option("--device", metavar="auto|cpu|gpu|gpu:N", default="auto", callback=_check_device, help="What to compute on.")
@option(
    "--precision", type=click.Choice(get_args(Precision)), default="auto", help="When fine-tuning; auto mixes on a GPU."
)
@option(
    "--quantize/--no-quantize", default=False, help="Make an int8 variant for OpenVINO as well, if it is as accurate."
)
@option("--restart/--resume", default=False, help="Begin anew, or go on where the same run was interrupted.")
@option("--tensorboard", type=click.Path(file_okay=False, path_type=Path), help="Folder for TensorBoard's logs.")
def train(**options: Any) -> None:  # noqa: ANN401  one keyword per option above
    """Train on a folder of labelled images and publish the model.

    DATA holds a folder per label, or train, val and test folders of such folders. Ctrl-C once finishes with the best
    model so far; twice publishes nothing, and the same command goes on from there.
    """
    config = _config(options)
    progress = make_progress()
    with listening(lambda text: progress.console.print(Text(text))) as interruption, progress:
        starting = progress.add_task("Loading TensorFlow", total=1)
        quieten_tensorflow()
        from training.recipe import run  # noqa: PLC0415  loads TensorFlow

        progress.advance(starting)
        try:
            result = run(config, progress, interruption)
        except LabelUnknown as error:
            raise click.BadParameter(str(error), param_hint="--positive") from error
    Console().print(training_summary(result))


def _config(options: dict[str, Any]) -> TrainingConfig:
    """Make the configuration from click's values."""
    try:
        fractions = Fractions(options.pop("val_fraction"), options.pop("test_fraction"))
    except ValueError as error:
        raise click.UsageError(f"--val-fraction and --test-fraction: {error}.") from error
    head = HeadSettings(**{field.name: options.pop(field.name) for field in fields(HeadSettings)})
    given = {name: options.pop(name) for name in list(options) if name.startswith("fine_tune_")}
    tuning = {name.removeprefix("fine_tune_"): value for name, value in given.items()}
    fine_tune = FineTuneSettings(label_smoothing=options.pop("label_smoothing"), **tuning)
    return TrainingConfig(fractions=fractions, head=head, fine_tune=fine_tune, **options)
