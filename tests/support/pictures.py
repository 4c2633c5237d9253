"""Pictures and labelled folders for tests."""

import functools
import io
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image
from rich.progress import Progress

from model_store.images.pixels import InputSpec
from training.config import TrainingConfig
from training.data.audit import audit_folder
from training.data.dataset import Dataset, open_dataset
from training.data.files import Audit

SMALL = InputSpec(height=16, width=16)


def picture(seed: int, format_: str = "PNG") -> bytes:
    """Make a picture that no other seed makes."""
    pixels = np.random.default_rng(seed).integers(0, 256, (20, 24, 3), dtype=np.uint8)
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, format_)
    return file.getvalue()


def write(root: Path, files: dict[str, bytes]) -> Path:
    """Write files below a folder."""
    for path, data in files.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_bytes(data)
    return root


def labelled(labels: Iterable[str], each: int, start: int = 0) -> dict[str, bytes]:
    """Make `each` different pictures per label."""
    return {
        f"{label}/{index}.png": picture(start + place * each + index)
        for place, label in enumerate(labels)
        for index in range(each)
    }


@functools.cache
def photographs() -> tuple[Image.Image, ...]:
    """Return two real photographs, 640x427."""
    from sklearn.datasets import load_sample_images

    return tuple(Image.fromarray(one) for one in load_sample_images().images)


def crop(number: int, side: int = 200) -> Image.Image:
    """Cut a piece out of a photograph, another one for each number below 200."""
    photograph, place = photographs()[number % 2], number // 2
    left = round((photograph.width - side) * (place % 10) / 9)
    top = round((photograph.height - side) * (place // 10) / 9)
    return photograph.crop((left, top, left + side, top + side))


def encoded(image: Image.Image, format_: str = "PNG", **options: object) -> bytes:
    """Return an image as a file's bytes."""
    file = io.BytesIO()
    image.save(file, format_, **options)
    return file.getvalue()


def smaller(image: Image.Image, factor: float) -> Image.Image:
    """Shrink an image."""
    return image.resize((round(image.width * factor), round(image.height * factor)), Image.Resampling.LANCZOS)


@contextmanager
def opened(root: Path, spec: InputSpec = SMALL, **settings: Any) -> Iterator[Dataset]:  # noqa: ANN401  passed on
    """Open a data set in silence; the settings are `TrainingConfig`'s."""
    config = TrainingConfig(root, root / "store", "model", **settings)
    with open_dataset(config, spec, Progress(disable=True)) as dataset:
        yield dataset


def sides(root: Path, spec: InputSpec = SMALL, **settings: Any) -> dict[str, str]:  # noqa: ANN401  as above
    """Split a data set: path of each file used to its split."""
    with opened(root, spec, **settings) as dataset:
        return {file.path: split for split, files in dataset.used.items() for file in files}


def audited(root: Path) -> Audit:
    """Audit a folder in silence."""
    return audit_folder(root, Progress(disable=True))


def fates(root: Path) -> dict[str, str]:
    """Audit a folder: path to fate."""
    return {file.path: file.fate for file in audited(root).files}
