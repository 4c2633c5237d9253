"""Evaluates a split of a data set by the code that evaluates everything else; its unreadable files count, too."""

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from model_store.decision import Decision
from model_store.evaluation.counting import evaluate
from model_store.evaluation.records import Records, Scored, Unreadable
from model_store.evaluation.report import Evaluation
from model_store.labelled_sets.recognition.folder_names import Split
from training.data.dataset import Dataset


def evaluate_split(
    dataset: Dataset, split: Split, probabilities: npt.NDArray[np.float32], decision: Decision
) -> Evaluation:
    """Evaluate a split.

    Args:
        dataset: The data set.
        split: The part of it to evaluate.
        probabilities: Probabilities, float32 `(images used in the split, labels)`, in the order of `dataset.used`.
        decision: The rule by which they become labels.

    Returns:
        The evaluation of the images used, and of unreadable files if a folder defines the split.
    """
    return evaluate(Records.of(_files(dataset, split, probabilities), decision.labels), decision)


def _files(dataset: Dataset, split: Split, probabilities: npt.NDArray[np.float32]) -> Iterator[Scored | Unreadable]:
    for file, answer in zip(dataset.used[split], probabilities, strict=True):
        yield Scored(file.path, str(file.label), answer, is_damaged=file.is_damaged)
    for file in dataset.audit.files:
        if file.fate == "unreadable" and file.split == split and file.label is not None:
            yield Unreadable(file.path, file.label, file.rejection, file.reason)
