"""A labelled set that is not evaluated yet, as it is read: the same reader and the same words as those of a report."""

from collections import Counter
from collections.abc import Collection, Iterator
from itertools import islice
from typing import Final

from app.reports.schemas import InterpretationBody, Recognised, WantedBytes
from model_store.evaluation.summary import interpretation_sentences, recognition_sentence
from model_store.evaluation.unlabelled import find_unlabelled_in, unlabelled_sentences
from model_store.labelled_sets.archives.partial_archive import PartialReading
from model_store.labelled_sets.labelled_set import LabelledSet
from model_store.manifest import Manifest

_NAMED_PATHS: Final = 20
"""Files under no label that are named; the report of an evaluation names each."""


def describe_reading(reading: PartialReading, manifest: Manifest) -> InterpretationBody:
    """Describe what a zip is recognised as, or what else is needed to say it.

    Args:
        reading: The zip, as far as it is known.
        manifest: The version whose labels it was read with.
    """
    labelled_set = reading.labelled_set
    return InterpretationBody(
        model=manifest.model,
        version=manifest.version,
        wanted=[WantedBytes(start=one.start, end=one.end, whole=one.is_whole) for one in reading.wanted],
        unread=len(reading.unread),
        recognised=None if labelled_set is None else _recognised(labelled_set, reading.unread, manifest.labels),
    )


def _recognised(labelled_set: LabelledSet, unread: Collection[str], labels: tuple[str, ...]) -> Recognised:
    interpretation = labelled_set.interpretation
    files = Counter(image.label for image in labelled_set.images)
    ignored = Counter(file.reason for file in labelled_set.ignored if file.path not in unread)
    images = len(labelled_set.images) + ignored.pop("unlabelled", 0)
    folders = find_unlabelled_in(labelled_set, labels)
    return Recognised(
        interpretation=interpretation,
        images=images,
        labels={label: files[label] for label in labels if files[label]},
        unlabelled=list(islice(_unlabelled(labelled_set, labels), _NAMED_PATHS)),
        ignored=dict(ignored),
        summary=[
            recognition_sentence(interpretation),
            *unlabelled_sentences(folders, images),
            *interpretation_sentences(interpretation),
        ],
    )


def _unlabelled(labelled_set: LabelledSet, labels: Collection[str]) -> Iterator[str]:
    """Yield the paths of the image files under no label of the model."""
    known = frozenset(labels)
    yield from (image.path for image in labelled_set.images if image.label not in known)
    yield from (file.path for file in labelled_set.ignored if file.reason == "unlabelled")
