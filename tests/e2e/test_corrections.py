"""Wrong labels among real files: the suspects find them, and corrections give the figures of the true labels."""

import csv
import io
from statistics import median

import httpx
import numpy as np
import pytest

from model_store.evaluation.corrected import describe_effect
from model_store.evaluation.counting import evaluate
from model_store.evaluation.records import Records, Scored
from model_store.evaluation.report import Evaluation
from model_store.labelled_sets.corrections.applying import correct_set
from model_store.labelled_sets.corrections.reading import read_corrections
from model_store.labelled_sets.labelled_set import LabelledImage, LabelledSet
from tests.e2e.conftest import Cells
from tests.support.fakes import zip_of
from tests.support.trained_store import TEST_FILES, TrainedStore

SEEDS = (0, 1, 2, 3, 4)
WRONG = 20
LOOKED_AT = 40
OTHER = {"defective": "functional", "functional": "defective"}


@pytest.fixture(scope="module")
def true_labels(cells: Cells) -> dict[str, str]:
    """Return path → label of the test files, in the order of their paths."""
    return {path: path.split("/")[1] for path in sorted(cells.held_out)}


def mislabel(true_labels: dict[str, str], seed: int) -> dict[str, str]:
    """Give some files the other label."""
    paths = list(true_labels)
    wrong = np.random.default_rng(seed).choice(len(paths), WRONG, replace=False)
    return true_labels | {paths[place]: OTHER[true_labels[paths[place]]] for place in wrong}


def corrections_of(given: dict[str, str], true_labels: dict[str, str]) -> bytes:
    """Write what a person exports who knows the right label of each file that is wrong, and looked at some others."""
    text = io.StringIO()
    looked_at = [path for path in given if given[path] != true_labels[path]] + list(given)[:9]
    rows = [(path, given[path], true_labels[path], "by a person") for path in dict.fromkeys(looked_at)]
    csv.writer(text).writerows([("path", "was", "should_be", "why"), *rows])
    return text.getvalue().encode()


def evaluated(given: dict[str, str], trained: TrainedStore) -> tuple[Records, Evaluation]:
    """Evaluate labels by the probabilities that are known."""
    decision = trained.stored.manifest.decision
    files = zip(given.items(), trained.probabilities, strict=True)
    records = Records.of([Scored(path, label, row) for (path, label), row in files], decision.labels)
    return records, evaluate(records, decision, resamples=0)


def test_of_twenty_wrong_labels_most_are_among_the_first_forty_suspects(
    true_labels: dict[str, str], trained: TrainedStore
) -> None:
    found = []
    for seed in SEEDS:
        given = mislabel(true_labels, seed)
        suspects = evaluated(given, trained)[1].mislabelled[:LOOKED_AT]
        found.append(sum(given[one.path] != true_labels[one.path] for one in suspects))
    assert median(found) >= 12, found


@pytest.mark.parametrize("seed", SEEDS)
def test_corrections_give_the_figures_of_the_true_labels_to_the_digit(
    true_labels: dict[str, str], trained: TrainedStore, seed: int
) -> None:
    given = mislabel(true_labels, seed)
    records, before = evaluated(given, trained)
    images = [LabelledImage(path, label) for path, label in given.items()]
    corrections = read_corrections("corrections.csv", corrections_of(given, true_labels))
    corrected = correct_set(LabelledSet(images, [], 0, str.encode), corrections, trained.stored.manifest.labels)
    after = evaluate(records.relabelled(corrected.labelled_set.images), trained.stored.manifest.decision, resamples=0)
    assert after == evaluated(true_labels, trained)[1]
    effect = describe_effect(corrected, before)
    assert effect.states["applied"] == WRONG
    assert effect.before.metrics.accuracy.value != after.metrics.accuracy.value


@pytest.mark.thorough
def test_the_server_reports_the_true_accuracy_of_a_corrected_zip(
    client: httpx.Client, cells: Cells, true_labels: dict[str, str], trained: TrainedStore
) -> None:
    given = mislabel(true_labels, SEEDS[0])
    moved = {path: path.replace(f"/{true_labels[path]}/", f"/{given[path]}/") for path in given}
    archive = zip_of({moved[path]: data for path, data in cells.held_out.items()})
    labels = {moved[path]: given[path] for path in given}
    corrections = corrections_of(labels, {moved[path]: true_labels[path] for path in given})
    parts = {"file": ("test.zip", archive), "corrections": ("corrections.csv", corrections)}
    answer = client.post("/evaluate", files=parts).json()
    assert answer["accounting"]["scored"] == TEST_FILES
    assert answer["confusion_matrix"] == trained.report.model_dump(mode="json")["confusion_matrix"]
    assert answer["metrics"]["accuracy"] == trained.report.model_dump(mode="json")["metrics"]["accuracy"]
    assert answer["corrections"]["before"]["metrics"]["accuracy"]["value"] < answer["metrics"]["accuracy"]["value"]
