"""The gain of shrink-on-load: bytes to 224x224 pixels with `draft` on and off, interleaved, in one thread.

Run: `python -m benchmarks.decode`. The pictures are scikit-learn's two sample photographs, enlarged to 12 and 1
megapixels and unchanged. Prints medians in milliseconds, the ratio, and the differences of the pixels.
"""

import io
import statistics
import time

import numpy as np
from PIL import Image
from rich.console import Console
from rich.table import Table
from sklearn.datasets import load_sample_images

from model_store.images.pixels import InputSpec, decode

REPETITIONS = 7
SIZES = {"12 MP": (4000, 3000), "1 MP": (1152, 864), "0.3 MP": (640, 427)}
SPECS = {draft: InputSpec(height=224, width=224, draft=draft) for draft in (False, True)}


def jpegs(size: tuple[int, int]) -> list[bytes]:
    """Return the photographs as JPEG files of quality 90."""
    files = []
    for array in load_sample_images().images:
        buffer = io.BytesIO()
        Image.fromarray(array).resize(size, Image.Resampling.LANCZOS).save(buffer, "JPEG", quality=90)
        files.append(buffer.getvalue())
    return files


def milliseconds(data: bytes, spec: InputSpec) -> float:
    """Time one decode."""
    started = time.perf_counter()
    decode(data, spec)
    return (time.perf_counter() - started) * 1e3


def main() -> None:
    """Measure and print."""
    table = Table("picture", "full ms", "draft ms", "full / draft", "mean difference", "greatest difference")
    for name, size in SIZES.items():
        files = jpegs(size)
        times = [[milliseconds(data, SPECS[draft]) for draft in SPECS] for _ in range(REPETITIONS) for data in files]
        full, draft = (statistics.median(column) for column in zip(*times, strict=True))
        pixels = [np.stack([decode(data, spec).pixels for data in files]).astype(int) for spec in SPECS.values()]
        gap = np.abs(pixels[0] - pixels[1])
        row = (f"{full:.1f}", f"{draft:.1f}", f"{full / draft:.2f}", f"{gap.mean():.2f}", str(gap.max()))
        table.add_row(name, *row)
    Console().print(table)


if __name__ == "__main__":
    main()
