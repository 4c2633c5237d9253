"""Suspects are those of cleanlab, by the authors of the method, in its order."""

import numpy as np
import pytest
from cleanlab.filter import find_label_issues
from hypothesis import given
from hypothesis import strategies as st

from model_store.evaluation.suspicion import suspect_labels
from tests.support.examples import examples


@examples(30, derandomize=True)
@given(seed=st.integers(0, 2**32), labels=st.integers(2, 5), files=st.integers(40, 120))
def test_suspects_are_cleanlabs(seed: int, labels: int, files: int) -> None:
    dice = np.random.default_rng(seed)
    actual = np.concatenate([np.arange(labels), dice.integers(0, labels, files - labels)])
    probabilities = dice.dirichlet(np.full(labels, 0.7), files)
    probabilities[np.arange(files), actual] += dice.uniform(0, 1.5)
    probabilities /= probabilities.sum(axis=1, keepdims=True)
    theirs = find_label_issues(
        actual,
        probabilities,
        filter_by="confident_learning",
        return_indices_ranked_by="normalized_margin",
        min_examples_per_class=0,
        n_jobs=1,
    )
    assert suspect_labels(actual, probabilities).files.tolist() == theirs.tolist()


def test_labels_that_were_swapped_are_found_and_the_right_ones_suggested() -> None:
    dice = np.random.default_rng(1)
    true = np.repeat([0, 1, 2], 100)
    probabilities = np.full((300, 3), 0.05)
    probabilities[np.arange(300), true] = 0.9
    probabilities += dice.uniform(0, 0.03, (300, 3))
    wrong = dice.choice(300, 12, replace=False)
    actual = true.copy()
    actual[wrong] = (true[wrong] + 1) % 3
    found = suspect_labels(actual, probabilities / probabilities.sum(axis=1, keepdims=True))
    assert set(found.files.tolist()) <= set(wrong.tolist())
    assert len(found.files) >= 10  # the others are less probable than that label is on average
    assert (found.suggested == true[found.files]).all()


@pytest.mark.parametrize("files", [0, 1])
def test_few_files_or_none_are_not_suspect(files: int) -> None:
    found = suspect_labels(np.zeros(files, np.int64), np.full((files, 2), [0.2, 0.8]))
    assert found.files.tolist() == []
