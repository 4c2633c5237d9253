"""All 2,624 solar cells as folders, split 75/25 per label: the data of `benchmarks.training`.

The cells come with the package `elpv-dataset` (CC BY-NC-SA 4.0: research). A cell is `defective` if the experts'
probability of a defect is a half or more. The published figures are from such a split, too; its
assignment of cells is not published.
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
"""Published test accuracy on these cells."""

TEST_SHARE: Final = 0.25


def lay_out_split(folder: Path, seed: int, limit: int | None = None) -> None:
    """Copy the cells into the folders `train` and `test`, each with a folder per label.

    Args:
        folder: Path of a new folder.
        seed: Seed of the split.
        limit: Approximate number of cells to use, in proportion, to try the benchmark out.
    """
    labels = read_labels(data_directory())
    random = np.random.default_rng(seed)
    for label in LABELS:
        paths = np.array(sorted(path for path in labels if labels[path] == label))
        random.shuffle(paths)
        if limit is not None:
            paths = paths[: round(limit * len(paths) / len(labels))]
        tested = round(TEST_SHARE * len(paths))
        for split, chosen in (("test", paths[:tested]), ("train", paths[tested:])):
            target = folder / split / label
            target.mkdir(parents=True)
            for path in chosen:
                shutil.copyfile(path, target / path.name)
