"""Lists the files of an evaluation that a person should look at: not scored, damaged, mistaken, perhaps mislabelled."""

import numpy as np
import numpy.typing as npt

from model_store.evaluation.bootstrap import ScoredFiles
from model_store.evaluation.records import Records
from model_store.evaluation.report import Damaged, Excluded, Misclassified, Mislabelled
from model_store.evaluation.suspicion import suspect_labels

Places = npt.NDArray[np.intp]


def list_excluded(records: Records) -> list[Excluded]:
    """Return the files that could not be decoded, in order."""
    return [
        Excluded(path=records.paths[place], label=records.label(place), **rejection._asdict())
        for place, rejection in sorted(records.rejections.items())
    ]


def list_damaged(records: Records) -> list[Damaged]:
    """Return the scored files that are damaged, in order."""
    places = np.flatnonzero(records.is_damaged).tolist()
    return [Damaged(path=records.paths[place], label=records.label(place)) for place in places]


def list_misclassified(records: Records, places: Places, answered: ScoredFiles) -> list[Misclassified]:
    """Return the files with a wrong prediction, most confident first.

    Args:
        records: All files.
        places: Places in the records of the files that have an answer and a label of the model.
        answered: The answers at these places.
    """
    files = zip(places.tolist(), answered.actual.tolist(), answered.predicted.tolist(), strict=True)
    mistakes = [
        Misclassified(
            path=records.paths[place],
            actual=records.label(place),
            predicted=records.labels[predicted],
            probability=float(records.probabilities[place, predicted]),
        )
        for place, actual, predicted in files
        if actual != predicted
    ]
    return sorted(mistakes, key=lambda mistake: (-mistake.probability, mistake.path))


def list_mislabelled(records: Records, places: Places, answered: ScoredFiles) -> list[Mislabelled]:
    """Return the files whose label may be wrong, likeliest first; the arguments are those of `list_misclassified`."""
    actual, probabilities = answered.actual, answered.probabilities
    suspects = suspect_labels(actual, probabilities)
    return [
        Mislabelled(
            path=records.paths[places[file]],
            actual=records.labels[actual[file]],
            suggested=records.labels[label],
            probability_actual=float(probabilities[file, actual[file]]),
            probability_suggested=float(probabilities[file, label]),
        )
        for file, label in zip(suspects.files.tolist(), suspects.suggested.tolist(), strict=True)
    ]
