"""Made-up reports with everything in them: mistakes with pictures, files seen in training, doubts, hostile names."""

import functools
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import numpy as np

from app.reports.conclusions import Conclusions
from app.reports.evaluator import make_report
from app.reports.schemas import ArchiveFacts, ReportBody
from model_store.decision import Decision
from model_store.evaluation.comparison import Side, compare
from model_store.evaluation.counting import evaluate
from model_store.evaluation.leakage import find_duplicates, find_leakage
from model_store.evaluation.records import Records, Scored, Unreadable
from model_store.images.fingerprint import TrainingFingerprints
from model_store.images.pixels import Pixels
from model_store.labelled_sets.interpretation import Ignored, Interpretation, MatchedFolder
from model_store.manifest import Manifest
from model_store.presentation.thumbnails import thumbnail
from tests.support.fakes import describe

HOSTILE: Final = ('<script>alert("x")</script>', "a & b | $\\frac{$", "=1+1\n\u202edir", "日本語 ラベル", "x" * 150)


@dataclass(frozen=True)
class Recipe:
    """What to make up."""

    labels: tuple[str, ...] = ("functional", "defective")
    positive: str | None = "defective"
    files: int = 158
    skill: float = 1.6
    names: tuple[str, ...] = ("cell",)
    is_compared: bool = True


INTERPRETATION: Final = Interpretation(
    wrapper="test",
    encoding="cp850",
    matched=[MatchedFolder(folder="Defective", label="defective", files=79)],
    labels_file=None,
)
SOLAR_CELLS = Recipe()
HOSTILE_NAMES = Recipe(labels=HOSTILE, positive=None, names=HOSTILE, files=60)
MANY_LABELS = Recipe(
    labels=tuple(f"species-{number:03}" for number in range(60)), positive=None, files=400, skill=4.0, is_compared=False
)
NO_FILES = Recipe(files=0, is_compared=False)


@functools.cache
def make(recipe: Recipe) -> tuple[ReportBody, Records]:
    """Make up a report and its records."""
    dice = np.random.default_rng(11)
    decision = Decision(recipe.labels, recipe.positive, 0.4 if recipe.positive else None)
    records = _records(recipe, dice, dice.permutation(max(recipe.files, 1)))
    evaluation = evaluate(records, decision, ignored=_ignored(recipe), directories=3, resamples=100)
    wanted = {one.path for one in evaluation.misclassified[:24]} | {one.path for one in evaluation.mislabelled[:12]}
    for place in range(len(records)):
        if records.paths[place] in wanted:
            records.thumbnails[place] = thumbnail(_pixels(place))
    seen = TrainingFingerprints(np.zeros(5, np.uint64), records.digests[:5], records.grids[:5])
    comparison = None
    if recipe.is_compared:
        other = _records(recipe, np.random.default_rng(12), dice.permutation(recipe.files))
        sides = Side(3, decision, records), Side(2, decision, other)
        comparison = compare(*sides, evaluate(other, decision, resamples=2))
    conclusions = Conclusions(
        evaluation=evaluation,
        comparison=comparison,
        leakage=find_leakage(records, decision, seen),
        duplicates=find_duplicates(records),
        interpretation=INTERPRETATION,
        records=records,
    )
    facts = ArchiveFacts(filename=f"{recipe.names[0]}.zip", bytes=12345, sha256="ab" * 32)
    return make_report(conclusions, _manifest(recipe), facts), records


def _manifest(recipe: Recipe) -> Manifest:
    described = describe(recipe.labels, positive=recipe.positive, threshold=0.4 if recipe.positive else None)
    return Manifest(
        **dict(described), model="solar-cells", version=3, created=datetime(2026, 11, 27, tzinfo=UTC), files={}
    )


def _records(recipe: Recipe, dice: np.random.Generator, order: np.ndarray) -> Records:
    files: list[Scored | Unreadable] = []
    labels = recipe.labels if recipe.files else ()
    for number in range(recipe.files):
        label = labels[number % len(labels)]
        name = recipe.names[number % len(recipe.names)].replace("/", "_")
        logits = dice.normal(size=len(labels))
        logits[number % len(labels)] += recipe.skill
        answer = np.exp(logits) / np.exp(logits).sum()
        is_damaged = number % 40 == 3
        path = f"test/{label}/{name}{number}.png"
        files.append(Scored(path, label, answer.astype(np.float32), is_damaged=is_damaged))
    if files:
        files.append(Scored("test/stranger/1.png", "stranger", np.full(len(labels), 1 / len(labels), np.float32)))
        files += [Unreadable(f"test/{name}.png", labels[0], "truncated", f"{name} was cut.") for name in recipe.names]
    records = Records.of(files, recipe.labels)
    for place in np.flatnonzero(records.is_scored).tolist():
        records.see(place, _pixels(int(order[place]) if place == 7 else place))
    return records


def _ignored(recipe: Recipe) -> list[Ignored]:
    return [Ignored(path=f"test/{name}.txt", reason="not-an-image") for name in recipe.names if recipe.files]


def _pixels(place: int) -> Pixels:
    """Draw something with light and shade of its own."""
    light = np.random.default_rng(place).integers(20, 220, (7, 7)).astype(np.uint8)
    return np.repeat(np.kron(light, np.ones((9, 9), np.uint8))[..., None], 3, axis=2)


def write_page(folder: Path, name: str, recipe: Recipe) -> Path:
    """Write the page of a report."""
    from app.reports.rendering.page import render

    path = folder / f"{name}.html"
    path.write_bytes(render(*make(recipe)))
    return path
