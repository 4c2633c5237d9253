"""Words in the names of folders: the split, the part of a set or the kind of picture that a name stands for.

A name is read by its words, since people write `seg_train`, `TrainingSamples` and `test1`. A word alone proves little:
`train` may be a label. `part_folders` decides by what the folders hold.
"""

import re
from functools import lru_cache
from typing import Final, Literal

Split = Literal["train", "validation", "test"]


def _words_of(text: str) -> frozenset[str]:
    return frozenset(text.split())


_LONGEST: Final = 255
"""Characters of a name that are read: no file system allows more, but a zip may."""
_WORD: Final = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+|[^\W\d_A-Za-z]+")
_SPLITS: Final[dict[str, Split]] = {
    **dict.fromkeys(("train", "training", "trainval", "trn"), "train"),
    **dict.fromkeys(("val", "valid", "validation", "validate", "eval", "evaluation", "dev", "vali"), "validation"),
    **dict.fromkeys(("test", "tests", "testing", "tst", "holdout", "heldout"), "test"),
}
_SPLIT_HINT: Final = re.compile("trn|train|val|dev|tst|test|holdout|heldout", re.IGNORECASE)
"""A part of every name with the word for a split: most names lack it and need no further look."""
_WITHOUT_LABELS: Final = frozenset({"pred", "prediction", "predictions", "predict", "inference", "submission"})
"""Words of folders beside those of the splits whose pictures have no labels."""
_WITHOUT_LABELS_HINT: Final = re.compile("pred|inference|submission", re.IGNORECASE)
_OF_DATA: Final = _words_of(
    "set sets data dataset datasets image images img imgs picture pictures photo photos sample samples file "
    "files folder dir directory split subset jpg jpeg png raw original originals resized cropped full"
)
_ENDINGS: Final = ("dataset", "samples", "images", "folder", "image", "data", "imgs", "sets", "set", "img", "dir")
_PARTS: Final = _words_of(
    "fold folds cv part batch shard chunk subset split patient patients subject subjects case session scene "
    "site center centre hospital clinic scanner device camera cam slide series study visit user person "
    "participant animal specimen plate well run round day week month"
)
_CONTENTS: Final = _OF_DATA | {"rgb", "jpegs", "pngs", "jpegimages", "frames", "crops"}
_UNLABELLED: Final = _words_of(
    "nolabel nolabels withoutlabel notlabeled notlabelled unlabeled unlabelled unannotated notannotated "
    "unassigned untagged unclassified uncategorized uncategorised unsorted tolabel"
)
_YEAR: Final = re.compile(r"(?:19|20)\d\d(?:\d{2}){0,2}")
_SERIAL: Final = re.compile(r"[a-z]{1,3}|\d+")


def split_of(name: str) -> Split | None:
    """Return the split that the words of a name stand for; None for none, or for several."""
    if _SPLIT_HINT.search(name) is None:
        return None
    splits = {split for word in _words(name) if (split := _split_of_word(word)) is not None}
    return splits.pop() if len(splits) == 1 else None


def is_beside_splits(name: str) -> bool:
    """Tell whether a name stands for pictures without labels that come with the splits, such as `seg_pred`."""
    return _WITHOUT_LABELS_HINT.search(name) is not None and any(word in _WITHOUT_LABELS for word in _words(name))


def is_plain_split(name: str) -> bool:
    """Tell whether a name says a split and nothing else: `Test`, `training_set`, `val2`, but not `train station`."""
    return split_of(name) is not None and all(word in _OF_DATA or word.isdigit() for word in rest_of(name))


def rest_of(name: str) -> tuple[str, ...]:
    """Return the words of a name that do not say its split: `seg` of `seg_train`."""
    return tuple(word for word in _words(name) if _split_of_word(word) is None and word not in _WITHOUT_LABELS)


def is_part(name: str) -> bool:
    """Tell whether a name is that of a part of a set rather than of a label: `fold1`, `patient_07`, `10253`, `p12`."""
    words = _words(name)
    others = [word for word in words if word not in _PARTS]
    has_number = any(word.isdigit() for word in others)
    is_named = len(others) < len(words) and len(others) > 0
    return (has_number or is_named) and all(_SERIAL.fullmatch(word) for word in others)


def is_date(name: str) -> bool:
    """Tell whether a name is a year or begins with one, as folders of photographs do."""
    words = _words(name)
    return bool(words) and _YEAR.fullmatch(words[0]) is not None and all(word.isdigit() for word in words)


def is_content(name: str) -> bool:
    """Tell whether a name says that pictures are in the folder, and no more: `images`, `raw_data`."""
    first = _WORD.search(name)
    if first is None or first[0].lower() not in _CONTENTS:
        return False
    return all(word in _CONTENTS or word.isdigit() for word in _words(name))


def is_unlabelled(name: str) -> bool:
    """Tell whether a name says that its pictures have no label: `no_label`, `Unlabeled`, `not annotated`."""
    return "".join(_words(name)) in _UNLABELLED


@lru_cache(maxsize=10_000)
def _words(name: str) -> tuple[str, ...]:
    return tuple(word.lower() for word in _WORD.findall(name[:_LONGEST]))


def _split_of_word(word: str) -> Split | None:
    if word in _SPLITS:
        return _SPLITS[word]
    stem = next((word.removesuffix(ending) for ending in _ENDINGS if word.endswith(ending)), word)
    return _SPLITS.get(stem)
