"""Recognition of re-encoded and resized pictures by their light grids, with the number of false matches.

Run: `python -m benchmarks.nearness FOLDER` on a folder of pictures that are all different. `margin` is a distance in
units of the threshold: of the two nearest different pictures, and the 99th percentile of the copies.
"""

import io
import time
from pathlib import Path

import click
import numpy as np
from PIL import Image

from model_store.images.light_grids import MAX_DIFFERENCE, MAX_SHIFT, Grids, has_grid, light_grid, near_pairs
from model_store.images.pixels import InputSpec, decode
from model_store.images.signatures import has_image_extension

QUALITY = 80
FACTORS = (1.0, 0.5, 0.7, 0.9, 1.5)


@click.command(help=__doc__)
@click.argument("folder", type=click.Path(path_type=Path, exists=True, file_okay=False))
@click.option("--side", type=int, default=224, show_default=True, help="Side of the model's input, in pixels.")
@click.option("--copies", type=int, default=400, show_default=True, help="Number of pictures to change.")
def main(folder: Path, side: int, copies: int) -> None:
    """Measure and print."""
    spec = InputSpec(height=side, width=side)
    files = [path.read_bytes() for path in sorted(folder.rglob("*")) if has_image_extension(path.name)]
    pictures = [decode(data, spec).pixels for data in files]
    started = time.process_time()
    grids = np.stack([light_grid(pixels) for pixels in pictures])
    each_us = (time.process_time() - started) / len(pictures) * 1e6
    alike = sum(int((one < other).sum()) for one, other in near_pairs(grids, grids))
    print(f"{len(files)} pictures, {each_us:.0f} us each, {int((~has_grid(grids)).sum())} too flat")
    print(f"near: {alike} of {len(files) * (len(files) - 1) // 2} pairs; nearest margin {nearest(grids):.2f}")
    chosen = np.flatnonzero(has_grid(grids))
    chosen = chosen[:: max(1, len(chosen) // copies)][:copies]
    for factor in FACTORS:
        changed = np.stack([light_grid(decode(change(files[at], factor), spec).pixels) for at in chosen])
        pairs = {(int(at), int(to)) for block in near_pairs(changed, grids) for at, to in zip(*block, strict=True)}
        again = sum((number, int(at)) in pairs for number, at in enumerate(chosen))
        margins = np.sqrt(((changed[:, 1:].astype(float) - grids[chosen, 1:]) ** 2).sum(axis=1) / MAX_DIFFERENCE)
        margin, others = np.percentile(margins, 99), len(pairs) - again
        print(f"x{factor}, JPEG {QUALITY}: {again} of {len(chosen)}, margin {margin:.2f}, {others} others")


def change(data: bytes, factor: float) -> bytes:
    """Resize a picture and encode it as JPEG."""
    with Image.open(io.BytesIO(data)) as picture:
        size = max(1, round(picture.width * factor)), max(1, round(picture.height * factor))
        file = io.BytesIO()
        picture.convert("RGB").resize(size, Image.Resampling.LANCZOS).save(file, "JPEG", quality=QUALITY)
    return file.getvalue()


def nearest(grids: Grids) -> float:
    """Return the smallest distance of two pictures whose means are close enough, in units of `MAX_DIFFERENCE`."""
    known = grids[has_grid(grids)].astype(np.int64)
    least = np.inf
    for place in range(len(known) - 1):
        apart = known[place + 1 :] - known[place]
        distances = (apart[:, 1:] ** 2).sum(axis=1)[np.abs(apart[:, 0]) <= MAX_SHIFT]
        least = min([least, *distances[:1], *distances[distances < least]])
    return float(np.sqrt(least / MAX_DIFFERENCE))


if __name__ == "__main__":
    main()
