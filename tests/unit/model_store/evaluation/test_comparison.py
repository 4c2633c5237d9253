"""Two versions on the same files: the counts add up, the test is SciPy's and statsmodels', the verdict is fair."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binomtest
from statsmodels.stats.contingency_tables import mcnemar

from model_store.decision import Decision
from model_store.evaluation.comparison import Comparison, Side, compare, mcnemar_exact
from model_store.evaluation.counting import evaluate
from model_store.evaluation.records import Records, Scored, Unreadable

LABELS = ("cat", "dog", "owl")
Calls = list[tuple[str, int | None, int | None]]
"""Label given, and the label that each version calls; None: it could not read the file."""


def answer(path: str, label: str, called: int | None, order: tuple[str, ...]) -> Scored | Unreadable:
    if called is None:
        return Unreadable(path, label, "empty", "The file has no bytes.")
    probabilities = np.full(len(order), 0.1, np.float32)
    probabilities[order.index(LABELS[called])] = 0.8
    return Scored(path, label, probabilities)


def comparison(calls: Calls, order: tuple[str, ...] = LABELS) -> Comparison:
    """Compare; `order` is that of the other version's labels."""
    ones = [answer(f"{number}.jpg", label, this, LABELS) for number, (label, this, _) in enumerate(calls)]
    others = [answer(f"{number}.jpg", label, that, order) for number, (label, _, that) in enumerate(calls)]
    this = Side(4, Decision(LABELS), Records.of(ones, LABELS))
    against = Side(3, Decision(order), Records.of(others, order))
    return compare(this, against, evaluate(against.records, against.decision, resamples=2))


called = st.none() | st.integers(0, 2)
cases = st.lists(st.tuples(st.sampled_from([*LABELS, "bat"]), called, called), max_size=60)


@given(one=st.integers(0, 400), other=st.integers(0, 400))
def test_p_is_scipys(one: int, other: int) -> None:
    expected = binomtest(one, one + other).pvalue if one + other else 1.0
    assert mcnemar_exact(one, other) == pytest.approx(expected, rel=1e-9)


@given(one=st.integers(0, 60), other=st.integers(0, 60))
def test_p_is_statsmodels(one: int, other: int) -> None:
    table = [[7, one], [other, 5]]
    assert mcnemar_exact(one, other) == pytest.approx(mcnemar(table, exact=True).pvalue, rel=1e-9)


def test_p_of_fifty_thousand_files_is_no_overflow() -> None:
    assert mcnemar_exact(25_000, 25_000) == 1.0
    assert mcnemar_exact(24_000, 26_000) == pytest.approx(binomtest(24_000, 50_000).pvalue, rel=1e-6)
    assert mcnemar_exact(0, 50_000) == 0.0


@given(calls=cases)
def test_every_file_that_both_scored_and_whose_label_is_known_is_compared(calls: Calls) -> None:
    found = comparison(calls)
    scored = [(label, this, that) for label, this, that in calls if label != "bat" and None not in {this, that}]
    assert found.paired.files == len(scored)
    assert len(found.flips) == sum(this != that for _, this, that in scored)
    assert found.paired.only_this + found.paired.only_against <= len(found.flips)
    assert found.p_value == mcnemar_exact(found.paired.only_this, found.paired.only_against)


@given(calls=cases)
def test_the_order_of_the_other_versions_labels_changes_nothing(calls: Calls) -> None:
    one, other = comparison(calls), comparison(calls, order=("owl", "cat", "dog"))
    own = {"confusion_matrix", "metrics"}  # whose rows and columns are in the version's order
    assert one.model_dump(exclude=own) == other.model_dump(exclude=own)


@given(calls=cases)
def test_a_version_against_itself_has_no_flips(calls: Calls) -> None:
    found = comparison([(label, this, this) for label, this, _ in calls])
    assert found.flips == []
    assert found.p_value == 1.0
    assert (found.paired.only_this, found.paired.only_against) == (0, 0)


def test_flips_that_decide_come_first() -> None:
    found = comparison([("owl", 0, 1), ("cat", 1, 1), ("cat", 0, 1), ("dog", 0, 1), ("dog", 1, 1)])
    assert [(flip.path, flip.this, flip.against) for flip in found.flips] == [
        ("2.jpg", "cat", "dog"),
        ("3.jpg", "cat", "dog"),
        ("0.jpg", "cat", "dog"),
    ]
    assert (found.paired.both_right, found.paired.both_wrong) == (1, 2)


@pytest.mark.parametrize(
    ("calls", "verdict"),
    [
        ([], "No file with a known label was scored by both."),
        ([("cat", 0, 0), ("dog", 0, 0)], "On 2 files both are right on the same ones."),
        (
            [("cat", 0, 0)] * 150 + [("cat", 0, 1)] * 5 + [("cat", 1, 0)] * 3,
            (
                "They cannot be told apart on these files: version 4 alone is right on 5 of 158 files, version 3 alone "
                "on 3 (exact McNemar test, p = 0.73)."
            ),
        ),
        (
            [("cat", 0, 1)] * 2 + [("cat", 1, 0)] * 12,
            (
                "Version 3 is better: version 4 alone is right on 2 of 14 files, version 3 alone on 12 "
                "(exact McNemar test, p = 0.013)."
            ),
        ),
    ],
)
def test_the_verdict_is_a_sentence(calls: Calls, verdict: str) -> None:
    assert comparison(calls).verdict == verdict
