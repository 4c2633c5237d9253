"""`fullcount train`: trains and publishes a model and prints a summary. It loads TensorFlow when training starts."""

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
from training.commands.options import (
    Duration,
    check_labels_from,
    corrections_option,
    data_argument,
    labels_from_option,
    layout_option,
    make_progress,
    option,
)
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
        raise click.BadParameter(f"{value!r} is not a device: use auto, cpu, gpu or gpu:N.")
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
        raise click.BadParameter(f"'{value}' is not a regular expression: {error}.") from error
    return value


def _check_weights(ctx: click.Context, parameter: click.Parameter, value: str) -> str:
    del ctx, parameter
    if value not in {IMAGENET, NONE} and not Path(value).is_file():
        raise click.BadParameter(f"{value!r} is not a file: use {IMAGENET}, {NONE} or the path of a weights file.")
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
    help="Network from pixels to features; `list` shows all of them.",
)


@click.command()
@data_argument
@store_option
@option("--model", required=True, help="Name of the model to publish a new version of.")
@backbone_option
@option(
    "--weights",
    default=IMAGENET,
    callback=_check_weights,
    help=f"Weights of the backbone: {IMAGENET}, {NONE} for random ones, or the path of a file.",
)
@option(
    "--image-size",
    type=click.IntRange(32, 2048),
    metavar="PIXELS",
    help="Height and width of the model's input.  [default: the backbone's own]",
)
@option("--positive", help="Positive label of two.  [default: the second in sorted order]")
@option(
    "--threshold",
    default="0.5",
    metavar="POLICY",
    callback=_check_threshold,
    help="Threshold of the positive label: a probability; or best-f1, youden or recall>=0.95 on validation images.",
)
@option("--seed", type=click.IntRange(min=0, max=2**31 - 1), default=0, help="Seed of everything random.")
@option(
    "--budget",
    "budget_s",
    type=Duration(),
    metavar="20m",
    help="Time limit of the run, once TensorFlow is loaded: 90s, 20m or 1.5h; a bare number is seconds.  "
    "[default: no limit]",
)
@option("--augment", type=click.Choice(get_args(Augmentation)), default="auto", help="Augmentation of training images.")
@option(
    "--class-weights",
    type=click.Choice(get_args(ClassWeights)),
    default="none",
    help="Weights of the labels; balanced makes rare ones count more.",
)
@option(
    "--group-by",
    metavar="REGEX",
    callback=_check_pattern,
    help="Keep files with the same match in their path on one side of the split, such as those of a patient.",
)
@layout_option
@corrections_option
@labels_from_option
@option("--strict/--no-strict", default=False, help="Stop before training if anything in the data is odd.")
@option("--epochs", type=click.IntRange(min=1), default=_HEAD.epochs, help="Maximum epochs of the head.")
@option(
    "--patience", type=click.IntRange(min=1), default=_HEAD.patience, help="Epochs without progress that end the head."
)
@option("--batch-size", type=click.IntRange(min=1), default=_HEAD.batch_size, help="Images per step of the head.")
@option(
    "--learning-rate",
    type=click.FloatRange(0, min_open=True),
    help="Learning rate of the head.  [default: chosen on validation images]",
)
@option(
    "--weight-decay", type=click.FloatRange(0), help="Weight decay of the head.  [default: chosen on validation images]"
)
@option(
    "--dropout",
    type=click.FloatRange(0, 1, max_open=True),
    default=_HEAD.dropout,
    help="Dropout before the last layer.",
)
@option(
    "--fine-tune-epochs",
    type=click.IntRange(min=0),
    default=_FINE_TUNE.epochs,
    help="Maximum epochs of fine-tuning; 0 skips it.",
)
@option(
    "--fine-tune-patience",
    type=click.IntRange(min=1),
    default=_FINE_TUNE.patience,
    help="Epochs without progress that end fine-tuning.",
)
@option(
    "--fine-tune-batch-size",
    type=click.IntRange(min=1),
    default=_FINE_TUNE.batch_size,
    help="Images per step of fine-tuning.",
)
@option(
    "--fine-tune-learning-rate",
    type=click.FloatRange(0, min_open=True),
    default=_FINE_TUNE.learning_rate,
    help="Highest learning rate of fine-tuning, after the warm-up.",
)
@option(
    "--fine-tune-depth",
    type=click.FloatRange(0, 1, min_open=True),
    default=_FINE_TUNE.depth,
    help="Share of the layers to fine-tune, from the top.",
)
@option(
    "--label-smoothing",
    type=click.FloatRange(0, 1, max_open=True),
    default=_FINE_TUNE.label_smoothing,
    help="Label smoothing in fine-tuning.",
)
@option(
    "--val-fraction",
    type=float,
    default=_FRACTIONS.validation,
    help="Share of each label's images to validate on, roughly, unless a val folder exists.",
)
@option(
    "--test-fraction",
    type=float,
    default=_FRACTIONS.test,
    help="Share of each label's images to test on, roughly, unless a test folder exists; 0 for none.",
)
@option("--device", metavar="auto|cpu|gpu|gpu:N", default="auto", callback=_check_device, help="Device to compute on.")
@option(
    "--precision",
    type=click.Choice(get_args(Precision)),
    default="auto",
    help="Precision of fine-tuning; auto is mixed on a GPU.",
)
@option("--quantize/--no-quantize", default=False, help="Also make an int8 variant for OpenVINO, if it is as accurate.")
@option("--restart/--resume", default=False, help="Start over, or resume the same run where it was interrupted.")
@option("--tensorboard", type=click.Path(file_okay=False, path_type=Path), help="Folder for TensorBoard's logs.")
def train(**options: Any) -> None:  # noqa: ANN401  one keyword per option above
    """Train on a folder of labelled images and publish the model.

    DATA holds a folder per label, or train, val and test folders of such folders, or a table of labels. It may be a zip
    or tar of such a folder, or the table itself, whose paths are relative to its own folder. Ctrl-C once finishes with
    the best model so far. Ctrl-C twice publishes nothing, and the same command resumes from there.
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
    """Return the configuration for the values of the options."""
    check_labels_from(options["data"], options["layout"], options["labels_from"])
    try:
        fractions = Fractions(options.pop("val_fraction"), options.pop("test_fraction"))
    except ValueError as error:
        raise click.UsageError(f"--val-fraction and --test-fraction: {error}.") from error
    head = HeadSettings(**{field.name: options.pop(field.name) for field in fields(HeadSettings)})
    names = [name for name in options if name.startswith("fine_tune_")]
    tuning = {name.removeprefix("fine_tune_"): options.pop(name) for name in names}
    fine_tune = FineTuneSettings(label_smoothing=options.pop("label_smoothing"), **tuning)
    return TrainingConfig(fractions=fractions, head=head, fine_tune=fine_tune, **options)
