"""All 2,624 solar cells as folders, split 75/25 per label: the data of `benchmarks.training`.

The cells come with the package `elpv-dataset` (CC BY-NC-SA 4.0: research); an expert's probability of a defect of a
half or more is `defective`. The published figures are of such a split too; which cells were where is not published.
"""

import shutil
from pathlib import Path
from typing import Final

import numpy as np

from scripts.demo.cells import LABELS, POSITIVE, data_directory, read_labels

__all__ = ["LABELS", "POSITIVE", "PUBLISHED", "lay_out_split"]

PUBLISHED: Final = {
    "Deitsch et al. 2019, SVM on hand-made features": 0.8244,
    "Deitsch et al. 2019, fine-tuned VGG19": 0.8842,
    "later, ResNet152": 0.901,
    "later, a transformer": 0.917,
}
"""Test accuracy on these cells, as published."""

TEST_SHARE: Final = 0.25


def lay_out_split(folder: Path, seed: int, limit: int | None = None) -> None:
    """Copy the cells into `train` and `test` folders of a folder per label.

    Args:
        folder: Is made.
        seed: Which split.
        limit: Take about so many cells only, in proportion; for trying the benchmark out.
    """
    labels = read_labels(data_directory())
    random = np.random.default_rng(seed)
    for label in LABELS:
        paths = np.array(sorted(path for path, given in labels.items() if given == label))
        random.shuffle(paths)
        if limit is not None:
            paths = paths[: round(limit * len(paths) / len(labels))]
        tested = round(TEST_SHARE * len(paths))
        for split, chosen in (("test", paths[:tested]), ("train", paths[tested:])):
            target = folder / split / label
            target.mkdir(parents=True)
            for path in chosen:
                shutil.copyfile(path, target / path.name)
