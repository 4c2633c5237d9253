"""The demo's data: the ELPV photographs of solar cells, laid out as folders per label, with a held-out test set.

The photographs come with the package `elpv-dataset` (Deitsch et al. 2019; CC BY-NC-SA 4.0). The choice of the held-out
images depends only on their bytes, so it is the same on every machine.
"""

import hashlib
import shutil
import zipfile
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import elpv_dataset

LICENCE: Final = (
    "The photographs are the ELPV dataset (Buerhop-Lutz et al. 2018, Deitsch et al. 2019), licensed CC BY-NC-SA 4.0: "
    "for demonstration and research, not for commercial use."
)
LABELS: Final = ("functional", "defective")
POSITIVE: Final = "defective"
HELD_OUT: Final = 158
"""Number of images in the test set: 9 times 16 and 14 more, which reveals code that drops the last partial batch."""

_DEFECTIVE_FROM: Final = 0.5
_ZIP_DATE: Final = (1980, 1, 1, 0, 0, 0)


@dataclass(frozen=True)
class Cells:
    """The laid-out data.

    Attributes:
        folder: Folder with `train` and `test`, each with a folder per label.
        archive: The test folder as a zip.
    """

    folder: Path
    archive: Path

    def test_images(self, label: str) -> list[Path]:
        """Return the held-out images of a label, sorted by name."""
        return sorted((self.folder / "test" / label).iterdir())


def lay_out(folder: Path) -> Cells:
    """Copy the photographs into place, unless an earlier run has done so.

    Args:
        folder: Parent of `cells/` and `held-out.zip`.
    """
    cells = Cells(folder / "cells", folder / "held-out.zip")
    if not cells.folder.is_dir():
        unfinished = folder / "cells.unfinished"
        shutil.rmtree(unfinished, ignore_errors=True)
        _copy(read_labels(data_directory()), unfinished)
        unfinished.rename(cells.folder)
    if not cells.archive.is_file():
        unfinished = folder / "held-out.unfinished"
        _zip(cells.folder / "test", unfinished)
        unfinished.rename(cells.archive)
    return cells


def data_directory() -> Path:
    """Return the package's folder with `labels.csv` and the photographs."""
    return Path(elpv_dataset.__file__).parent / "data"


def read_labels(data: Path) -> dict[Path, str]:
    """Read the labels of the photographs.

    Args:
        data: Folder with `labels.csv`, which has three columns separated by spaces: path, probability of a defect and
            kind of cell.

    Returns:
        Label by path. Experts gave each cell a probability of 0, 1/3, 2/3 or 1; from 1/2 on it counts as defective.
    """
    rows = [line.split() for line in (data / "labels.csv").read_text().splitlines()]
    return {data / path: LABELS[float(probability) >= _DEFECTIVE_FROM] for path, probability, _ in rows}


def choose_held_out(labels: dict[Path, str], *, count: int = HELD_OUT) -> set[Path]:
    """Choose the test set: from each label, in proportion, the files with the lowest digests.

    Args:
        labels: Label by path.
        count: Number of files of all labels together.
    """
    digests = {path: hashlib.sha256(path.read_bytes()).hexdigest() for path in labels}
    chosen: set[Path] = set()
    for label, share in _shares(labels, count).items():
        chosen.update(sorted((path for path in labels if labels[path] == label), key=digests.__getitem__)[:share])
    return chosen


def _shares(labels: dict[Path, str], count: int) -> dict[str, int]:
    """Divide `count` in proportion to the labels' sizes, by the method of largest remainders."""
    sizes = Counter(labels.values())
    exact = {label: count * sizes[label] / len(labels) for label in sorted(sizes)}
    shares = {label: int(share) for label, share in exact.items()}
    by_remainder = sorted(exact, key=lambda label: shares[label] - exact[label])
    for label in by_remainder[: count - sum(shares.values())]:
        shares[label] += 1
    return shares


def _copy(labels: dict[Path, str], folder: Path) -> None:
    """Copy the photographs; training refuses links."""
    held_out = choose_held_out(labels)
    for path, label in labels.items():
        target = folder / ("test" if path in held_out else "train") / label / path.name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, target)


def _zip(folder: Path, archive: Path) -> None:
    """Zip a folder reproducibly, to the same bytes every time."""
    with zipfile.ZipFile(archive, "w") as file:
        for path in sorted(folder.glob("*/*")):
            name = path.relative_to(folder.parent).as_posix()
            file.writestr(zipfile.ZipInfo(name, _ZIP_DATE), path.read_bytes())
