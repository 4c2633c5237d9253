"""The curves that are drawn are scikit-learn's."""

import io

import numpy as np
import pytest
from matplotlib.figure import Figure
from sklearn import metrics as reference

from app.reports.rendering.curves import MAX_CURVES, LabelCurve, curves_of, plot_precision_recall, plot_roc
from model_store.evaluation.records import Records
from model_store.presentation.plots import LIGHT
from tests.support.reports import HOSTILE_NAMES, MANY_LABELS, NO_FILES, SOLAR_CELLS, Recipe, make


def known(records: Records, label: str) -> tuple[np.ndarray, np.ndarray]:
    at = records.is_known
    index = records.labels.index(label)
    return records.given[at] == index, records.probabilities[at, index]


@pytest.mark.parametrize("recipe", [SOLAR_CELLS, HOSTILE_NAMES], ids=["solar cells", "hostile"])
def test_points_and_areas_are_scikit_learns(recipe: Recipe) -> None:
    report, records = make(recipe)
    for curve in curves_of(records, recipe.positive):
        actual, score = known(records, curve.label)
        precision, recall, thresholds = reference.precision_recall_curve(actual, score)
        assert curve.thresholds == pytest.approx(thresholds[::-1])
        assert curve.precision == pytest.approx(precision[:-1][::-1])
        assert curve.recall == pytest.approx(recall[:-1][::-1])
        false_alarms, hits, _ = reference.roc_curve(actual, score, drop_intermediate=False)
        assert curve.false_alarms == pytest.approx(false_alarms[1:])
        assert curve.recall == pytest.approx(hits[1:])
        assert curve.roc_auc == pytest.approx(reference.roc_auc_score(actual, score), abs=1e-12)
        assert curve.average_precision == pytest.approx(reference.average_precision_score(actual, score), abs=1e-12)
    if recipe.positive:
        assert curve.roc_auc == pytest.approx(report.metrics.roc_auc, abs=1e-12)


def test_of_many_labels_the_worst_are_drawn_in_their_order() -> None:
    _, records = make(MANY_LABELS)
    drawn = curves_of(records, None)
    areas = [reference.average_precision_score(*known(records, label)) for label in records.labels]
    worst = sorted(records.labels, key=lambda label: areas[records.labels.index(label)])[:MAX_CURVES]
    assert [one.label for one in drawn] == sorted(worst)


def test_without_files_there_are_no_curves() -> None:
    assert curves_of(make(NO_FILES)[1], None) == []


@pytest.mark.parametrize(("threshold", "points"), [(0.4, 1), (None, 0), (0.999999, 0)])
def test_the_threshold_in_use_is_marked_where_it_is(threshold: float | None, points: int) -> None:
    report, records = make(SOLAR_CELLS)
    curves = curves_of(records, "defective")
    for plot, at in ((plot_precision_recall, "recall"), (plot_roc, "false_alarms")):
        axes = Figure().add_subplot()
        plot(axes, curves, threshold, LIGHT)
        marks = [np.asarray(line.get_xydata())[0] for line in axes.lines if line.get_marker() == "o"]
        assert len(marks) == points
        if points and report.positive:
            hits, others = report.positive.true_positives, report.positive.false_positives
            recall, share = hits / (hits + report.positive.false_negatives), hits / (hits + others)
            alarms = others / (others + report.positive.true_negatives)
            assert marks[0] == pytest.approx((recall, share) if at == "recall" else (alarms, recall))


def test_a_long_curve_is_thinned_to_its_ends() -> None:
    steps = np.linspace(0, 1, 50_000)
    curve = LabelCurve("a", 1 - steps, steps, 1 - steps / 2, steps**2, 0.5, 0.5, 0.5)
    figure = Figure()
    plot_roc(figure.add_subplot(), [curve], None, LIGHT)
    file = io.BytesIO()
    figure.savefig(file, format="svg")
    assert len(file.getvalue()) < 60_000
    line = np.asarray(figure.axes[0].lines[1].get_xydata())
    assert (line[0].tolist(), line[-1].tolist()) == ([0, 0], [1, 1])
