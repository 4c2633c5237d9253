"""Outcomes of training made by hand from small arrays, without TensorFlow and without training.

To look at their reports: `python -m tests.support.outcomes FOLDER [solar-cells|hostile|many-labels]`.
"""

import functools
import sys
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt

from model_store.decision import Decision
from model_store.images.pixels import Pixels
from model_store.labelled_sets.corrections.outcomes import CorrectionOutcome
from model_store.labelled_sets.recognition.folder_names import Split
from model_store.precision import MeasuredPrecision
from training.config import TrainingConfig
from training.curves.diagnosis import Diagnosis, Finding
from training.curves.history import Epoch, History
from training.data.dataset import Dataset
from training.data.files import SPLITS, Audit, File
from training.learning.calibration import fit_temperature, softmax
from training.learning.phase_summary import PhaseSummary
from training.learning.scoring import evaluate_split
from training.learning.threshold import Threshold, choose_threshold, parse_policy
from training.outcome import Outcome

HELD_OUT: Final[tuple[Split, ...]] = ("validation", "test")
HOSTILE: Final = ('<script>alert("1")</script>', "yes", ": x", "a\nb", "| $\\frac{$ |", '"quoted" \u202e', "日本語")
"""Names that some format reads as something else than a name."""


@dataclass(frozen=True)
class Recipe:
    """Description of a run to make up."""

    labels: tuple[str, ...] = ("defective", "functional")
    images: tuple[int, int, int] = (2116, 350, 158)
    """Number of images of the train, validation and test split."""
    shares: tuple[float, ...] = (0.31, 0.69)
    """Share of each label."""
    skill: float = 2.0
    """Difference of the logit of an image's label from the others."""
    overconfidence: float = 3.6
    side: int = 48
    """Height and width of an image in pixels."""
    seed: int = 7
    odd: int = 5
    """Number of unreadable files."""


SOLAR_CELLS: Final = Recipe()
HOSTILE_NAMES: Final = Recipe(labels=tuple(sorted(HOSTILE)), images=(210, 70, 63), shares=(1 / 7,) * 7, skill=3.0)
MANY_LABELS: Final = Recipe(
    labels=tuple(f"species-{number:03}" for number in range(100)),
    images=(400, 300, 1_200),
    shares=(0.01,) * 100,
    skill=2.7,
    side=16,
)
SMALL: Final = Recipe(images=(40, 12, 20), side=8, odd=1)
RECIPES: Final = {"solar-cells": SOLAR_CELLS, "hostile": HOSTILE_NAMES, "many-labels": MANY_LABELS}


@functools.cache
def make_outcome(recipe: Recipe = SMALL) -> Outcome:
    """Make up a run; the same recipe gives the same run."""
    random = np.random.default_rng(recipe.seed)
    dataset = _dataset(recipe, random)
    logits = {split: _logits(recipe, dataset.targets(split), random) for split in HELD_OUT}
    calibration = fit_temperature(logits["validation"], dataset.targets("validation"))
    probabilities = {split: softmax(part / calibration.temperature) for split, part in logits.items()}
    threshold, decision = _decision(recipe, probabilities["validation"], dataset.targets("validation"))
    return Outcome(
        config=TrainingConfig(
            data=Path("photographs/cells"),
            store=Path("models"),
            model="solar-cells",
            backbone="efficientnet-lite0",
            positive=decision.positive,
            threshold="best-f1",
        ),
        dataset=dataset,
        decision=decision,
        history=make_history(),
        phases=PHASES,
        augmentation=AUGMENTATION,
        calibration=calibration,
        threshold=threshold,
        probabilities=probabilities,
        uncalibrated={split: softmax(part) for split, part in logits.items()},
        evaluations={split: evaluate_split(dataset, split, probabilities[split], decision) for split in HELD_OUT},
        diagnosis=DIAGNOSIS,
        precisions={"bf16": BF16},
        refused=None,
        seconds={"decode": 4.2, "features": 71.3, "head": 2.9, "fine-tune": 1291.0, "export": 21.4, "total": 1391.2},
    )


def with_corrections(outcome: Outcome) -> Outcome:
    """Return a run whose labels were corrected: a row for each of three states."""
    corrections = tuple(
        CorrectionOutcome(
            row=row, path=path, was=was, should_be=should_be, why=why, state=state, file=path, detail=detail
        )
        for row, path, was, should_be, why, state, detail in (
            (2, "train/a.png", "defective", "functional", "", "applied", ""),
            (3, "b, c.png", "functional", None, "blurred", "left-out", ""),
            (4, HOSTILE[0], "functional", "functional", "", "conflict", "the set's label is 'x', not 'functional'"),
        )
    )
    config = replace(outcome.config, corrections=Path("desk/corrections.csv"))
    audit = replace(outcome.dataset.audit, corrections=corrections)
    return replace(outcome, config=config, dataset=replace(outcome.dataset, audit=audit))


def make_history() -> History:
    """Make up curves: 34 epochs of a head, then 9 of fine-tuning."""
    head = [
        _epoch(number, 0.34 + 0.32 * np.exp(-number / 6), 0.76 + 0.1 * (1 - np.exp(-number / 5)))
        for number in range(34)
    ]
    tuned = [
        _epoch(34 + n, 0.27 + 0.09 * np.exp(-n / 2), 0.86 + 0.06 * (1 - np.exp(-n / 2)), "fine-tune") for n in range(9)
    ]
    return (*head, *tuned)


def _epoch(number: int, loss: float, accuracy: float, phase: str = "head") -> Epoch:
    wobble = 0.006 * np.sin(2.3 * number)
    late = max(0, number - 40) * 0.012
    return Epoch(
        number=number,
        loss=float(loss - 0.03),
        val_loss=float(loss + wobble + late),
        accuracy=float(accuracy + 0.02),
        val_accuracy=float(accuracy - wobble - late / 3),
        phase="fine-tune" if phase == "fine-tune" else "head",
        learning_rate=3e-3 if phase == "head" else float(4e-4 * np.cos((number - 34) / 9 * np.pi / 2)),
    )


BF16: Final = MeasuredPrecision(
    engine="openvino 2026.4.1",
    images=350,
    accuracy=0.8943,
    accuracy_f32=0.88,
    calibration_error=0.034,
    calibration_error_f32=0.032,
    agreement=0.986,
    largest_difference=0.236,
)

DIAGNOSIS: Final = Diagnosis(
    (
        Finding(
            verdict="plateau-converged",
            worry="no",
            epoch=30,
            sentence="The metrics are flat since epoch 30: the head has learnt what the frozen features hold.",
            evidence=(
                "Validation accuracy stayed within 0.6 points over 12 epochs of the head; one image is 0.29 points.",
                "The training loss fell by 0.001 in the same epochs: it is flat as well.",
            ),
            advice="More epochs of the head would change nothing. Fine-tuning was done instead and was kept.",
        ),
        Finding(
            verdict="overfitting",
            worry="watch",
            epoch=41,
            sentence="The validation loss rises from epoch 41 while the training loss keeps falling.",
            evidence=("Validation loss 0.286 at epoch 41, 0.318 at epoch 43.",),
            advice="The weights of epoch 41 are published, so the model is not affected.",
        ),
    )
)
PHASES: Final = (
    PhaseSummary(
        phase="head",
        epochs=34,
        best=30,
        seconds=2.9,
        is_kept=True,
        note="Stopped when the validation loss had not fallen for 10 epochs.",
        trainable=2562,
        settings={"learning_rate": 3e-3, "weight_decay": 1e-4, "batch_size": 32, "trials": 12},
    ),
    PhaseSummary(
        phase="fine-tune",
        epochs=9,
        best=40,
        seconds=1291.0,
        is_kept=True,
        note="Lowered the validation loss from 0.341 to 0.284 and raised the accuracy from 85.7% to 90.9%.",
        trainable=3_370_578,
        settings={"learning_rate": 4e-4, "depth": 1.0, "label_smoothing": 0.1, "averaging": 0.99},
    ),
)
AUGMENTATION: Final = (
    "flip-horizontal: 85.7% of 350 images right unchanged, 85.4% through it (3 lost, 2 won): used.",
    "rotate-90: 85.7% of 350 images right unchanged, 79.1% through it: not used, since it may change a label.",
)


def _dataset(recipe: Recipe, random: np.random.Generator) -> Dataset:
    files: list[File] = []
    for split, images in zip(SPLITS, recipe.images, strict=True):
        for label in random.choice(recipe.labels, size=images, p=recipe.shares):
            row = len(files)
            path = f"{label}/cell{row:04}.png"
            files.append(File(path, Path(path), "used", label=str(label), split=split, sha256=f"{row:064x}",
                              pixel_digest=f"{row:064x}", perceptual_hash=row, row=row))  # fmt: skip
    pixels = np.stack([_pixels(row, recipe.side) for row in range(len(files))])
    files += _odd_files(recipe)
    audit = Audit(Path("photographs/cells"), tuple(sorted(files, key=lambda file: file.path)))
    return Dataset(audit=audit, labels=recipe.labels, pixels=pixels, notes=NOTES)


NOTES: Final = ("The test split has 49 images of defective: one of them is 2.0 points of its recall.",)


def _odd_files(recipe: Recipe) -> list[File]:
    """Make files with each kind of problem."""
    label, other = recipe.labels[:2]
    why = "The image ends before its last pixel."
    splits: tuple[Split | None, ...] = ("test", *[None] * (recipe.odd - 1))
    odd = [
        File(f"{label}/broken{number}.png", Path("broken"), "unreadable", why, "truncated", label=label, split=split)
        for number, split in enumerate(splits)
    ]
    same = f"The same picture as {label}/x.png."
    odd.append(File(f"{other}/{HOSTILE[0]}.png", Path("copy"), "conflict", same, label=other))
    odd.append(File("notes.txt", Path("notes.txt"), "not-an-image", "Neither name nor first bytes are an image's."))
    return odd


def _pixels(row: int, side: int) -> Pixels:
    """Draw something like a solar cell: a grey square with busbars, some with a crack."""
    random = np.random.default_rng(row)
    grey = np.full((side, side), random.uniform(90, 170)) + random.normal(0, 6, (side, side))
    grey[:: max(side // 3, 1)] *= 0.45
    if row % 3 == 0:
        cracked = np.arange(side), np.clip(np.cumsum(random.integers(-1, 2, side)) + side // 2, 0, side - 1)
        grey[cracked] *= 0.2
    return np.repeat(np.clip(grey, 0, 255).astype(np.uint8)[..., None], 3, axis=-1)


def _logits(recipe: Recipe, targets: npt.NDArray[np.int64], random: np.random.Generator) -> npt.NDArray[np.float64]:
    """Draw logits that are often right and overconfident."""
    logits = random.normal(size=(len(targets), len(recipe.labels)))
    logits[np.arange(len(targets)), targets] += recipe.skill
    return recipe.overconfidence * logits


def _decision(
    recipe: Recipe, probabilities: npt.NDArray[np.float32], targets: npt.NDArray[np.int64]
) -> tuple[Threshold | None, Decision]:
    if len(recipe.labels) != 2:
        return None, Decision(recipe.labels)
    threshold = choose_threshold(parse_policy("best-f1"), probabilities[:, 0], targets == 0)
    return threshold, Decision(recipe.labels, recipe.labels[0], threshold.value)


def _main(folder: str, name: str = "solar-cells") -> None:
    from training.report.records import write_records

    directory = Path(folder)
    directory.mkdir(parents=True, exist_ok=True)
    write_records(directory, make_outcome(RECIPES[name]))


if __name__ == "__main__":
    _main(*sys.argv[1:])
