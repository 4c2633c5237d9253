"""The intervals are SciPy's, on the statistics of scikit-learn."""

from collections.abc import Callable

import numpy as np
import numpy.typing as npt
import pytest
from scipy.stats import binned_statistic
from scipy.stats import bootstrap as reference_bootstrap
from sklearn import metrics as reference

from model_store.evaluation import bootstrap as ours
from model_store.evaluation.bootstrap import ScoredFiles, bootstrap
from model_store.evaluation.metrics import CALIBRATION_BINS

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
RESAMPLES = 60


def answered(labels: int, files: int = 120, seed: int = 5, positive: int | None = None) -> ScoredFiles:
    dice = np.random.default_rng(seed)
    actual = dice.integers(0, labels, files)
    probabilities = dice.dirichlet(np.ones(labels), files).round(2)
    probabilities[np.arange(files), actual] += 0.3
    return ScoredFiles(
        actual, probabilities.argmax(axis=1), probabilities / probabilities.sum(axis=1, keepdims=True), positive
    )


def theirs(one: ScoredFiles, statistic: Callable[[Ints, Ints, Floats], float]) -> tuple[float, float]:
    def of_places(places: npt.NDArray[np.float64]) -> float:
        at = places.astype(int)
        return statistic(one.actual[at], one.predicted[at], one.probabilities[at])

    found = reference_bootstrap(
        (np.arange(len(one.actual)),), of_places, n_resamples=RESAMPLES, method="percentile", vectorized=False, rng=0
    )
    return found.confidence_interval.low, found.confidence_interval.high


def calibration_error(actual: Ints, probabilities: Floats) -> float:
    confidence = probabilities.max(axis=1)
    edges = -np.linspace(0, 1, CALIBRATION_BINS + 1)[::-1] - 1e-15
    gaps, _, _ = binned_statistic(
        -np.minimum(confidence, 1), confidence - (probabilities.argmax(axis=1) == actual), "sum", bins=edges
    )
    return float(np.abs(gaps).sum() / len(actual))


def prf(actual: Ints, called: Ints, which: int) -> float:
    return float(
        reference.precision_recall_fscore_support(actual, called, average="macro", zero_division=np.nan)[which]
    )


STATISTICS: dict[str, Callable[[Ints, Ints, Floats], float]] = {
    "balanced_accuracy": lambda actual, called, _: reference.balanced_accuracy_score(actual, called),
    "macro_precision": lambda actual, called, _: prf(actual, called, 0),
    "macro_recall": lambda actual, called, _: prf(actual, called, 1),
    "macro_f1": lambda actual, called, _: prf(actual, called, 2),
    "log_loss": lambda actual, _, given: reference.log_loss(actual, given),
    "expected_calibration_error": lambda actual, _, given: calibration_error(actual, given),
}


@pytest.mark.parametrize("name", STATISTICS)
def test_an_interval_is_scipys_with_the_same_seed(name: str) -> None:
    one = answered(3)
    assert bootstrap(one, RESAMPLES).of_all[name] == pytest.approx(theirs(one, STATISTICS[name]), abs=1e-12)


@pytest.mark.parametrize("labels", [2, 3])
def test_intervals_of_the_areas_are_scipys(labels: int) -> None:
    one = answered(labels, positive=0 if labels == 2 else None)
    chosen = [0] if labels == 2 else range(labels)
    for name, area in (("roc_auc", reference.roc_auc_score), ("average_precision", reference.average_precision_score)):
        expected = theirs(one, lambda a, _, p, area=area: float(np.mean([area(a == k, p[:, k]) for k in chosen])))  # type: ignore[misc]
        assert bootstrap(one, RESAMPLES).of_all[name] == pytest.approx(expected, abs=1e-12)


def test_intervals_of_each_labels_f1_are_scipys() -> None:
    one = answered(3)
    for label, found in enumerate(bootstrap(one, RESAMPLES).f1):
        expected = theirs(one, lambda a, c, _, k=label: reference.f1_score(a, c, labels=[k], average=None)[0])  # type: ignore[misc]
        assert found == pytest.approx(expected, abs=1e-12)


def test_how_the_draws_are_cut_into_blocks_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = bootstrap(answered(3), RESAMPLES)
    monkeypatch.setattr(ours, "_BLOCK", 7 * 120)
    pieces = bootstrap(answered(3), RESAMPLES)
    assert whole.of_all.keys() == pieces.of_all.keys()
    for name, ends in whole.of_all.items():
        assert pieces.of_all[name] == pytest.approx(ends, abs=1e-12)


def test_a_figure_that_many_resamples_leave_undefined_has_no_interval() -> None:
    one = answered(2)
    rare = ScoredFiles(np.where(np.arange(120) == 7, 1, 0), one.predicted, one.probabilities, None)
    assert bootstrap(rare, RESAMPLES).of_all["roc_auc"] is None
    assert bootstrap(rare, RESAMPLES).of_all["log_loss"] is not None


def test_no_files_have_no_intervals() -> None:
    nothing = ScoredFiles(np.zeros(0, np.int64), np.zeros(0, np.int64), np.zeros((0, 2)), None)
    found = bootstrap(nothing, RESAMPLES)
    assert (found.of_all, found.f1) == ({}, [None, None])


def test_areas_that_would_take_minutes_are_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ours, "MAX_STEPS", 120 * 3 * RESAMPLES - 1)
    found = bootstrap(answered(3), RESAMPLES).of_all
    assert "roc_auc" not in found
    assert "macro_f1" in found
