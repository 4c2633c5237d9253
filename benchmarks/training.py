"""Accuracy and time of `fullcount train`, next to published figures and to the question's recipe.

Run: `python -m benchmarks.training` for the published table: three splits of all solar cells, each trained twice, with
phase one alone and in full. `python -m benchmarks.training --recipe` measures the question's recipe and phase one alone
on one split, one after the other in one process. Prints Markdown. Needs `fullcount[demo]` and an idle machine.
"""

import os
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import click

from benchmarks.solar_cells import POSITIVE, PUBLISHED, lay_out_split
from training import FineTuneSettings, TrainingConfig, train
from training.commands.quiet import quieten_tensorflow
from training.data.dataset import Dataset
from training.report.figures import calibration_error

BACKBONE = "efficientnet-lite0"
POSTED_EPOCHS = 100
SHORT_EPOCHS = 20
"""Default number of epochs of the recipe, whose time is then scaled to the posted number."""


@dataclass(frozen=True)
class Run:
    """One run of `training.train`."""

    accuracy: float
    """Accuracy on the test split."""
    seconds: float
    """Time from folder to published version: audit, decoding, both phases, export and scoring."""
    epochs: int
    """Number of epochs of the last phase that was run."""
    majority: float
    temperature: float
    calibration_errors: tuple[float, float]
    """Expected calibration error on the test split, with a temperature of 1 and with the published one."""
    dataset: Dataset
    notes: tuple[str, ...]


@click.command(help=__doc__)
@click.option("--splits", default=3, show_default=True, help="Number of splits to measure.")
@click.option("--only", type=int, help="Measure only the split with this number, from 0.")
@click.option("--epochs", type=int, help="Epochs of fine-tuning; default: the trainer's own.")
@click.option("--image-size", type=int, help="Height and width of the model's input; default: the backbone's own.")
@click.option("--limit", type=int, help="Use only about this many cells, to try the benchmark out.")
@click.option(
    "--recipe", type=int, is_flag=False, flag_value=SHORT_EPOCHS, help="Measure the recipe, for this many epochs."
)
@click.option("--history", type=click.Path(path_type=Path), help="Write the recipe's CSVLogger file here.")
def main(  # noqa: PLR0913  a parameter per option
    *,
    splits: int,
    only: int | None,
    epochs: int | None,
    image_size: int | None,
    limit: int | None,
    recipe: int | None,
    history: Path | None,
) -> None:
    """Measure and print."""
    quieten_tensorflow()
    base = TrainingConfig(
        Path(), Path(), "cells", backbone=BACKBONE, image_size=image_size, positive=POSITIVE, device="cpu"
    )
    if epochs is not None:
        base = replace(base, fine_tune=FineTuneSettings(epochs=epochs))
    if recipe is not None:
        with laid_out(base, only or 0, limit) as config:
            print_recipe(config, recipe, history)
    else:
        print_table(base, range(splits) if only is None else [only], limit)


def print_table(base: TrainingConfig, splits: range | list[int], limit: int | None) -> None:
    """Print a row per split, the means and the published figures."""
    print(f"{os.cpu_count()} cores, {BACKBONE}, input of {base.image_size or 'its own'} pixels.\n")
    print("| split | train / validation / test | majority | phase one | its time | in full | time | epochs |")
    print("|---|---|---|---|---|---|---|---|")
    rows = []
    for split in splits:
        with laid_out(base, split, limit) as config:
            head, full = measure(head_only(config)), measure(config)
        rows.append((head, full))
        sizes = " / ".join(str(len(full.dataset.used[part])) for part in ("train", "validation", "test"))
        figures = f"{head.accuracy:.4f} | {minutes(head)} | **{full.accuracy:.4f}** | {minutes(full)} | {full.epochs}"
        print(f"| {split} | {sizes} | {full.majority:.4f} | {figures} |", flush=True)
    head_mean, full_mean = (sum(run.accuracy for run in runs) / len(rows) for runs in zip(*rows, strict=True))
    print(f"| mean | | | {head_mean:.4f} | | **{full_mean:.4f}** | | |\n")
    print("\n".join(f"- {name}: {accuracy:.4f}" for name, accuracy in PUBLISHED.items()))
    print("\nExpected calibration error on the test split, with a temperature of 1 and with the published one:\n")
    print("| split | phase one | in full |\n|---|---|---|")
    for split, runs in zip(splits, rows, strict=True):
        print(f"| {split} | {' | '.join(calibration(run) for run in runs)} |")
    print("\n" + "\n".join(f"- {note}" for note in rows[-1][1].notes))


def print_recipe(config: TrainingConfig, epochs: int, history: Path | None) -> None:
    """Print the question's recipe against phase one alone, on the same files in one process."""
    from benchmarks.question_recipe import run_recipe  # noqa: PLC0415  loads TensorFlow, which the run must set up

    head = measure(head_only(config))
    posted = run_recipe(head.dataset, BACKBONE, epochs, seed=config.seed, history=history)
    scaled = posted.scaled(POSTED_EPOCHS)
    basis = "measured" if epochs == POSTED_EPOCHS else f"scaled from {sum(posted.seconds):.0f} s for {epochs} epochs"
    print(f"\n{os.cpu_count()} cores, {BACKBONE}, split {config.seed}; majority {head.majority:.4f}.\n")
    print("| | test accuracy | wall time |\n|---|---|---|")
    print(
        f"| the recipe, after {epochs} epochs | {posted.accuracy:.4f} | {scaled:.0f} s for {POSTED_EPOCHS} ({basis}) |"
    )
    print(f"| phase one alone, audit to published version | {head.accuracy:.4f} | {head.seconds:.0f} s |")
    print(f"\nPhase one takes 1/{scaled / head.seconds:.1f} of the recipe's time.")
    print("\n".join(f"- {note}" for note in head.notes))


@contextmanager
def laid_out(base: TrainingConfig, split: int, limit: int | None) -> Iterator[TrainingConfig]:
    """Lay out a split in a temporary folder with a new store and cache, so that nothing is reused."""
    with tempfile.TemporaryDirectory(prefix="fullcount-benchmark-") as name:
        folder = Path(name)
        os.environ["FULLCOUNT_CACHE_DIR"] = str(folder / "cache")
        lay_out_split(folder / "cells", split, limit)
        yield replace(base, data=folder / "cells", store=folder / "store", seed=split)


def head_only(config: TrainingConfig) -> TrainingConfig:
    """Return the same run without fine-tuning."""
    return replace(config, fine_tune=FineTuneSettings(epochs=0))


def measure(config: TrainingConfig) -> Run:
    """Train and publish, and measure the time."""
    start = time.perf_counter()
    outcome = train(config).outcome
    seconds = time.perf_counter() - start
    metrics = outcome.evaluations["test"].metrics
    return Run(
        accuracy=metrics.accuracy.value or 0.0,
        seconds=seconds,
        epochs=[phase.epochs for phase in outcome.phases if phase.epochs][-1],
        majority=metrics.majority_baseline or 0.0,
        temperature=outcome.calibration.temperature,
        calibration_errors=(
            calibration_error(outcome, is_calibrated=False) or 0.0,
            calibration_error(outcome, is_calibrated=True) or 0.0,
        ),
        dataset=outcome.dataset,
        notes=(
            *outcome.augmentation,
            *(f"{phase.phase}: {phase.note}; {phase.settings}" for phase in outcome.phases),
            outcome.calibration.note,
            ", ".join(f"{step} {spent:.0f} s" for step, spent in outcome.seconds.items()),
        ),
    )


def calibration(run: Run) -> str:
    """Describe the effect of the temperature."""
    before, after = run.calibration_errors
    return f"T {run.temperature:.2f}: {before:.4f} → {after:.4f}"


def minutes(run: Run) -> str:
    """Format the time of a run."""
    return f"{run.seconds / 60:.1f} min"


if __name__ == "__main__":
    main()
