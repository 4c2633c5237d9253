"""Pictures and labelled folders for tests."""

import io
from collections.abc import Iterable
from pathlib import Path

import numpy as np
from PIL import Image

from model_store.pixels import InputSpec
from training.audit import audit_folder
from training.files import Audit

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


def audited(root: Path) -> Audit:
    """Audit a folder in silence."""
    from rich.progress import Progress

    return audit_folder(root, SMALL, Progress(disable=True))


def fates(root: Path) -> dict[str, str]:
    """Audit a folder: path to fate."""
    return {file.path: file.fate for file in audited(root).files}
