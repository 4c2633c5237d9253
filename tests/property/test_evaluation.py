"""The laws of a report, and its numbers against scikit-learn, statsmodels and SciPy, on generated cases."""

import warnings
from collections import Counter
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binned_statistic, binomtest
from sklearn import metrics as reference
from statsmodels.stats.proportion import proportion_confint

from model_store.decision import Decision
from model_store.evaluation.counting import evaluate
from model_store.evaluation.metrics import CALIBRATION_BINS, wilson_interval
from model_store.evaluation.records import Records, Scored, Unreadable
from model_store.evaluation.report import Estimate, Evaluation
from model_store.labelled_sets.interpretation import Ignored
from model_store.manifest import UNREADABLE
from tests.support.examples import examples

EXACT = 1e-12
OF_A_LABEL = ("precision", "recall", "f1")


@dataclass(frozen=True)
class Case:
    """What was given to an evaluation, and the evaluation."""

    decision: Decision
    files: list[Scored | Unreadable]
    ignored: list[Ignored]
    directories: int
    report: Evaluation

    @property
    def known(self) -> list[Scored]:
        """The scored files whose label the model has."""
        return [one for one in self.files if isinstance(one, Scored) and one.label in self.decision.labels]

    @property
    def actual(self) -> list[str]:
        return [one.label for one in self.known]

    @property
    def predicted(self) -> list[str]:
        return [self.decision.labels[self.decision.index(one.probabilities)] for one in self.known]

    @property
    def probabilities(self) -> npt.NDArray[np.float64]:
        """`(n, labels)`."""
        return np.array([one.probabilities for one in self.known], np.float64).reshape(-1, len(self.decision.labels))

    @property
    def positive(self) -> str:
        return self.decision.positive or self.decision.labels[1]


@st.composite
def cases(draw: st.DrawFn) -> Case:
    """Draw labels, files that can be ties, unknown labels, failures and thresholds."""
    dice = np.random.default_rng(draw(st.integers(0, 2**32)))
    count = draw(st.integers(2, 6))
    labels = tuple(f"label {index}" for index in dice.permutation(count))
    positive, threshold = (labels[draw(st.integers(0, 1))], draw(st.floats(0.05, 0.95))) if count == 2 else (None, None)
    decision = Decision(labels, positive, threshold if draw(st.booleans()) else None)
    if decision.threshold is None:
        decision = Decision(labels)
    given_labels = [
        *labels[: draw(st.integers(1, count))],
        *draw(st.sampled_from([[], ["unknown"], [UNREADABLE, "?"]])),
    ]
    decimals = draw(st.sampled_from([1, 16]))  # one decimal: many ties
    files: list[Scored | Unreadable] = []
    for index in range(draw(st.integers(0, 60))):
        label = given_labels[dice.integers(len(given_labels))]
        if dice.random() < 0.1:
            files.append(Unreadable(f"{index}.png", label, "corrupt", "It is damaged."))
        else:
            answer = dice.dirichlet(np.ones(count)).round(decimals).astype(np.float32)
            files.append(Scored(f"{index}.png", label, answer, is_damaged=bool(dice.random() < 0.2)))
    ignored = [Ignored(path=f"{index}.txt", reason="not-an-image") for index in range(draw(st.integers(0, 3)))]
    directories = draw(st.integers(0, 3))
    records = Records.of(files, labels)
    report = evaluate(records, decision, ignored=ignored, directories=directories, resamples=20)
    return Case(decision, files, ignored, directories, report)


laws = examples(40, derandomize=True)


@laws
@given(cases())
def test_damaged_files_are_counted_and_listed_among_the_scored_and_change_no_figure(case: Case) -> None:
    damaged = [one for one in case.files if isinstance(one, Scored) and one.is_damaged]
    assert [(one.path, one.label) for one in case.report.damaged] == [(one.path, one.label) for one in damaged]
    assert case.report.accounting.damaged == len(damaged) <= case.report.accounting.scored
    assert ("damaged" in " ".join(case.report.summary)) == bool(damaged)
    sound = [replace(one, is_damaged=False) if isinstance(one, Scored) else one for one in case.files]
    again = evaluate(
        Records.of(sound, case.decision.labels),
        case.decision,
        ignored=case.ignored,
        directories=case.directories,
        resamples=20,
    )
    said_of_damage = {"summary", "accounting", "damaged"}
    assert again.model_dump(exclude=said_of_damage) == case.report.model_dump(exclude=said_of_damage)


@laws
@given(cases())
def test_every_entry_is_counted_once(case: Case) -> None:
    sums = case.report.accounting
    assert sums.entries == sums.directories + sums.ignored + sums.images
    assert sums.images == sums.scored + sums.unreadable == len(case.files)
    assert (sums.directories, sums.ignored) == (case.directories, len(case.ignored))
    assert sorted(one.path for one in case.report.excluded) == sorted(
        one.path for one in case.files if isinstance(one, Unreadable)
    )


@laws
@given(cases())
def test_a_row_of_the_matrix_sums_to_the_files_of_its_label(case: Case) -> None:
    matrix = case.report.confusion_matrix
    given_files = Counter(one.label for one in case.files)
    assert dict(zip(matrix.rows, map(sum, matrix.counts), strict=True)) == {
        row: given_files[row] for row in matrix.rows
    }
    assert set(given_files) <= set(matrix.rows)
    assert matrix.columns == [*case.decision.labels, UNREADABLE]
    assert sum(row[-1] for row in matrix.counts) == case.report.accounting.unreadable


@laws
@given(cases())
def test_the_matrix_is_scikit_learns(case: Case) -> None:
    labels = list(case.decision.labels)
    ours = np.array(case.report.confusion_matrix.counts)[: len(labels), : len(labels)]
    if case.known:
        assert (ours == reference.confusion_matrix(case.actual, case.predicted, labels=labels)).all()
    wrong = [one.path for one, said in zip(case.known, case.predicted, strict=True) if one.label != said]
    assert sorted(one.path for one in case.report.misclassified) == sorted(wrong)


@laws
@given(cases())
def test_the_four_cells_of_each_label_sum_to_the_files_scored(case: Case) -> None:
    for one in case.report.per_label:
        cells = one.true_positives + one.false_positives + one.false_negatives + one.true_negatives
        assert cells == len(case.known)
        assert one.support == one.true_positives + one.false_negatives
        assert one.support == case.actual.count(one.label)


def _assert_same(ours: float | None, theirs: float) -> None:
    """Compare with a number of scikit-learn's, where not a number means undefined."""
    assert (ours is None) == bool(np.isnan(theirs)), (ours, theirs)
    assert ours is None or ours == pytest.approx(theirs, abs=EXACT)


@laws
@given(cases())
def test_precision_recall_and_f1_are_scikit_learns(case: Case) -> None:
    if not case.known:
        return
    labels = list(case.decision.labels)
    options = {"labels": labels, "zero_division": np.nan}
    per_label = reference.precision_recall_fscore_support(case.actual, case.predicted, **options)
    for one, precision, recall, f1 in zip(case.report.per_label, *per_label[:3], strict=True):
        _assert_same(one.precision.value, precision)
        _assert_same(one.recall.value, recall)
        _assert_same(one.f1, f1)
    macro = reference.precision_recall_fscore_support(case.actual, case.predicted, average="macro", **options)
    ours = case.report.metrics
    for value, theirs in zip((ours.macro_precision, ours.macro_recall, ours.macro_f1), macro[:3], strict=True):
        _assert_same(value, theirs)


@laws
@given(cases())
def test_accuracy_and_log_loss_are_scikit_learns(case: Case) -> None:
    if not case.known:
        return
    ours = case.report.metrics
    _assert_same(ours.accuracy.value, reference.accuracy_score(case.actual, case.predicted))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # labels predicted that are not there; rows that sum to 1 but for rounding
        _assert_same(ours.balanced_accuracy, reference.balanced_accuracy_score(case.actual, case.predicted))
        order = np.argsort(case.decision.labels)  # scikit-learn takes the columns in the order of the sorted labels
        names = np.array(case.decision.labels)[order]
        _assert_same(ours.log_loss, reference.log_loss(case.actual, case.probabilities[:, order], labels=names))
    assert ours.majority_baseline == max(Counter(case.actual).values()) / len(case.actual)


@laws
@given(cases())
def test_the_areas_are_scikit_learns_and_undefined_unless_every_label_is_there(case: Case) -> None:
    ours, labels = case.report.metrics, case.decision.labels
    if set(case.actual) != set(labels):
        assert ours.roc_auc is None
        assert ours.average_precision is None
        return
    chosen = [case.positive] if len(labels) == 2 else labels
    against = [(np.array(case.actual) == label, case.probabilities[:, labels.index(label)]) for label in chosen]
    _assert_same(ours.roc_auc, np.mean([reference.roc_auc_score(*one) for one in against]))
    _assert_same(ours.average_precision, np.mean([reference.average_precision_score(*one) for one in against]))


def test_the_area_of_many_labels_is_scikit_learns_own_average() -> None:
    dice = np.random.default_rng(3)
    labels = ("a", "b", "c")
    files = [
        Scored(str(index), labels[index % 3], dice.dirichlet(np.ones(3)).astype(np.float32)) for index in range(40)
    ]
    given_labels, scores = [one.label for one in files], np.array([one.probabilities for one in files], np.float64)
    theirs = reference.roc_auc_score(given_labels, scores, multi_class="ovr", average="macro")
    assert evaluate(Records.of(files, labels), Decision(labels)).metrics.roc_auc == pytest.approx(theirs, abs=EXACT)


@laws
@given(cases())
def test_the_calibration_error_is_that_of_scipys_bins(case: Case) -> None:
    ours = case.report.metrics.expected_calibration_error
    if not case.known:
        assert ours is None
        return
    confidence = case.probabilities.max(axis=1)
    is_right = [
        case.decision.labels[row.argmax()] == one.label for row, one in zip(case.probabilities, case.known, strict=True)
    ]
    edges = -np.linspace(0, 1, CALIBRATION_BINS + 1)[::-1] - 1e-15  # turned over: SciPy's bins are open above
    gaps, _, _ = binned_statistic(-np.minimum(confidence, 1), confidence - is_right, "sum", bins=edges)
    assert ours == pytest.approx(np.abs(gaps).sum() / len(case.known), abs=EXACT)


@laws
@given(cases())
def test_what_is_null_has_a_reason_and_nothing_else_has(case: Case) -> None:
    figures = [("", name, value) for name, value in case.report.metrics]
    figures += [(one.label, name, getattr(one, name)) for one in case.report.per_label for name in OF_A_LABEL]
    nulls = [
        (label or None, name)
        for label, name, value in figures
        if (value.value if isinstance(value, Estimate) else value) is None
    ]
    assert [(one.label, one.metric) for one in case.report.undefined] == nulls
    assert all(one.reason.endswith(".") for one in case.report.undefined)


@laws
@given(cases())
def test_one_file_is_a_step_of_the_accuracy(case: Case) -> None:
    assert case.report.metrics.resolution == (1 / len(case.known) if case.known else None)


@laws
@given(cases())
def test_every_threshold_of_the_positive_label_is_scikit_learns(case: Case) -> None:
    if case.report.positive is None or not case.known:
        return
    column = case.decision.labels.index(case.positive)
    score = np.array([one.probabilities[column] for one in case.known], np.float32)
    actual = np.array([one.label == case.positive for one in case.known], bool)
    assert case.decision.threshold in [one.threshold for one in case.report.positive.thresholds]
    for one in case.report.positive.thresholds:
        cells = reference.confusion_matrix(actual, score >= np.float32(one.threshold), labels=[False, True]).ravel()
        assert (one.true_negatives, one.false_positives, one.false_negatives, one.true_positives) == tuple(cells)
        if one.threshold == case.decision.threshold:
            own = {"true_positives", "false_positives", "false_negatives", "true_negatives"}
            assert one.model_dump(include=own) == case.report.positive.model_dump(include=own)
        assert one.precision == Estimate.of(one.true_positives, one.true_positives + one.false_positives)
        assert one.recall == Estimate.of(one.true_positives, int(actual.sum()))


@laws
@given(cases())
def test_every_bin_of_the_reliability_adds_up(case: Case) -> None:
    assert sum(one.files for one in case.report.reliability) == len(case.known)
    right = sum(round((one.accuracy.value or 0) * one.files) for one in case.report.reliability)
    likeliest = [case.decision.labels[row.argmax()] for row in case.probabilities]
    assert right == sum(one == actual for one, actual in zip(likeliest, case.actual, strict=True))


@laws
@given(st.integers(0, 3000), st.integers(0, 3000))
def test_the_interval_is_wilsons(one: int, other: int) -> None:
    successes, trials = min(one, other), max(one, other)
    ours = wilson_interval(successes, trials)
    if trials == 0:
        assert ours is None
        return
    assert ours == pytest.approx(proportion_confint(successes, trials, method="wilson"), abs=EXACT)
    second = binomtest(successes, trials).proportion_ci(method="wilson")
    assert ours == pytest.approx((second.low, second.high), abs=1e-9)


def _numbers(value: object) -> list[float]:
    if isinstance(value, dict):
        return [number for one in value.values() for number in _numbers(one)]
    if isinstance(value, list):
        return [number for one in value for number in _numbers(one)]
    return [value] if isinstance(value, float) else []


@laws
@given(cases())
def test_undefined_is_null_and_never_a_number(case: Case) -> None:
    assert np.isfinite(_numbers(case.report.model_dump())).all()
    assert Evaluation.model_validate_json(case.report.model_dump_json()) == case.report


def evaluate_one(file: Scored | Unreadable) -> Evaluation:
    return evaluate(Records.of([file], ("a", "b")), Decision(("a", "b")))


def test_an_evaluation_of_no_files_defines_nothing_and_adds_up() -> None:
    report = evaluate(Records([], ("a", "b")), Decision(("a", "b")))
    assert report.accounting.sentence() == "0 files = 0 scored + 0 unreadable"
    assert set(report.metrics.model_dump(exclude={"accuracy"}).values()) == {None}
    assert report.metrics.accuracy == Estimate(value=None, low=None, high=None)
    assert report.confusion_matrix.counts == [[0, 0, 0], [0, 0, 0]]


def test_an_evaluation_of_one_file_defines_what_it_can() -> None:
    report = evaluate_one(Scored("x.png", "a", np.array([0.8, 0.2])))
    assert report.metrics.accuracy.value == 1
    assert report.metrics.roc_auc is None
    assert report.per_label[1].recall.value is None
    assert report.metrics.macro_recall == 1


def test_a_single_unreadable_file_is_in_its_row() -> None:
    report = evaluate_one(Unreadable("x.png", "b", "empty", "It is empty."))
    assert report.confusion_matrix.counts == [[0, 0, 0], [0, 0, 1]]
    assert report.accounting.sentence() == "1 file = 0 scored + 1 unreadable"
