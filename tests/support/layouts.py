"""One set of pictures laid out as people pass sets on: in folders, in splits, beside tables, in archives."""

import json
import shutil
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Final, NamedTuple


class Sample(NamedTuple):
    """A picture, its number within the set, and what it is labelled."""

    number: int
    data: bytes
    label: str
    split: str
    """`train` or `test`."""


Files = Iterator[tuple[str, bytes]]
Form = Callable[[Sequence[Sample]], Files]
ARCHIVES: Final = {".zip": "zip", ".tar": "tar", ".tar.gz": "gztar"}


def _in_folders(form: str) -> Form:
    def files(samples: Sequence[Sample]) -> Files:
        for one in samples:
            yield form.format(one), one.data

    return files


def _in_splits(train: str, test: str) -> Form:
    names = {"train": train, "test": test}

    def files(samples: Sequence[Sample]) -> Files:
        for one in samples:
            yield f"{names[one.split]}/{one.label}/{one.number}.png", one.data

    return files


def _beside(name: str, head: str, row: Callable[[Sample], str]) -> Form:
    """Put the pictures into one folder, and a table beside it."""

    def files(samples: Sequence[Sample]) -> Files:
        yield from _in_folders("photos/{0.number}.png")(samples)
        yield name, _lines(head, map(row, samples))

    return files


def _with_codes(samples: Sequence[Sample]) -> Files:
    labels = sorted({one.label for one in samples})
    yield "classes.txt", "\n".join(labels).encode()
    yield from _beside("y.csv", "id,y", lambda one: f"{one.number},{labels.index(one.label)}")(samples)


def _one_hot(samples: Sequence[Sample]) -> Files:
    labels = sorted({one.label for one in samples})

    def row(one: Sample) -> str:
        return ",".join([f"{one.number}.png", *(str(int(label == one.label)) for label in labels)])

    yield from _beside("answers.csv", ",".join(["filename", *labels]), row)(samples)


def _tables_of_splits(place: str) -> Form:
    """Put a table for each split at a place, and the pictures of the split into a folder of its name."""

    def files(samples: Sequence[Sample]) -> Files:
        yield from _in_folders("{0.split}/{0.number}.png")(samples)
        for split in ("train", "test"):
            rows = (f"{one.number}.png,{one.label}" for one in samples if one.split == split)
            yield place.format(split), _lines("file_name,label", rows)

    return files


def _json_line(one: Sample) -> str:
    return json.dumps({"file_name": f"photos/{one.number}.png", "label": one.label, "split": one.split})


def _lines(head: str, rows: Iterable[str]) -> bytes:
    return "\n".join([head, *rows] if head else rows).encode()


LAYOUTS: Final[dict[str, Form]] = {
    "label folders": _in_folders("{0.label}/{0.number}.png"),
    "train and test": _in_splits("train", "test"),
    "training_set and test_set": _in_splits("training_set", "test_set"),
    "seg_train and seg_test": _in_splits("seg_train/seg_train", "seg_test/seg_test"),
    "TrainSamples and TestSamples": _in_splits("TrainSamples", "TestSamples"),
    "a doubled wrapper": _in_folders("cells/cells/{0.label}/{0.number}.png"),
    "labels.csv": _beside("labels.csv", "path,label", lambda one: f"photos/{one.number}.png,{one.label}"),
    "identifiers": _beside("list.csv", "id,kind", lambda one: f"{one.number},{one.label}"),
    "a column for each label": _one_hot,
    "codes and their names": _with_codes,
    "JSON lines with splits": _beside("metadata.jsonl", "", _json_line),
    "metadata.csv in each split": _tables_of_splits("{0}/metadata.csv"),
    "train.csv beside test.csv": _tables_of_splits("{0}.csv"),
}
"""Name → how the samples are laid out."""

SPLIT_LAYOUTS: Final = frozenset(name for name in LAYOUTS if any(word in name for word in ("test", "Test", "split")))
"""The layouts that say which split a picture is in."""


def lay_out(name: str, samples: Sequence[Sample], root: Path) -> Path:
    """Write the samples below a folder in a layout."""
    for path, data in LAYOUTS[name](samples):
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_bytes(data)
    return root


def pack(root: Path, suffix: str) -> Path:
    """Pack a folder beside itself."""
    made = Path(shutil.make_archive(str(root.parent / "packed"), ARCHIVES[suffix], root))
    return made.rename(root.with_name(root.name + suffix))
