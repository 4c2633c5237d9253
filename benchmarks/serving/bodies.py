"""The bodies to send: distinct JPEGs in the form that each server accepts.

The pictures are random crops, flips and enlargements of scikit-learn's two sample photographs. A little noise is added,
since an enlargement alone compresses better than a photograph. They are written anew and are the same every time.
"""

import base64
import io
import json
import struct
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from PIL import Image
from sklearn.datasets import load_sample_images

SEED: Final = 20
GRAIN: Final = 5.0
"""Standard deviation of the noise, in grey levels."""
QUALITY: Final = 90
PICTURES: Final = {"small": (64, (500, 375)), "12MP": (8, (4000, 3000))}
"""Number of pictures and size in pixels, by name of the size."""

_BOUNDARY: Final = "boundary-of-the-benchmark"
_HEADER_BYTES: Final = 512


@dataclass(frozen=True)
class Form:
    """A form in which a picture is sent."""

    headers: dict[str, str]
    wrap: Callable[[bytes], bytes]
    """A function from the JPEG to the body."""


def _multipart(field: str) -> Form:
    head = f'--{_BOUNDARY}\r\nContent-Disposition: form-data; name="{field}"; filename="a.jpg"\r\n'
    start = f"{head}Content-Type: image/jpeg\r\n\r\n".encode()
    end = f"\r\n--{_BOUNDARY}--\r\n".encode()
    return Form(
        {"Content-Type": f"multipart/form-data; boundary={_BOUNDARY}"},
        lambda jpeg: start + jpeg + end,
    )


def _tensor(jpeg: bytes) -> bytes:
    """Wrap a JPEG as the binary tensor of the Open Inference Protocol; its JSON is padded to a constant length."""
    tensor = struct.pack("<I", len(jpeg)) + jpeg
    input_ = {"name": "image", "shape": [1, 1], "datatype": "BYTES", "parameters": {"binary_data_size": len(tensor)}}
    output = {"name": "probabilities", "parameters": {"binary_data": False}}
    return json.dumps({"inputs": [input_], "outputs": [output]}).ljust(_HEADER_BYTES).encode() + tensor


def _base64(jpeg: bytes) -> bytes:
    """Wrap a JPEG as the Open Inference Protocol's JSON."""
    data = [base64.b64encode(jpeg).decode()]
    input_ = {"name": "image", "shape": [1, 1], "datatype": "BYTES", "parameters": {"content_type": "base64"}}
    return json.dumps({"inputs": [input_ | {"data": data}]}).encode()


FORMS: Final = {
    "raw": Form({"Content-Type": "image/jpeg"}, lambda jpeg: jpeg),
    "multipart image": _multipart("image"),
    "multipart images": _multipart("images"),
    "tensor": Form({"Inference-Header-Content-Length": str(_HEADER_BYTES)}, _tensor),
    "base64": Form({"Content-Type": "application/json"}, _base64),
}


def write_bodies(folder: Path) -> None:
    """Write every picture in every form to `folder/form/size/`."""
    random = np.random.default_rng(SEED)
    photographs = [Image.fromarray(array) for array in load_sample_images().images]
    for size_name, (count, size) in PICTURES.items():
        for number in range(count):
            jpeg = _picture(photographs[number % len(photographs)], size, random)
            for form_name, form in FORMS.items():
                path = bodies_folder(folder, form_name, size_name) / f"{number:02}"
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(form.wrap(jpeg))


def bodies_folder(folder: Path, form: str, size: str) -> Path:
    """Return the folder of the bodies of one form and size."""
    return folder / form.replace(" ", "-") / size


def _picture(photograph: Image.Image, size: tuple[int, int], random: np.random.Generator) -> bytes:
    """Return a random part of a photograph as a JPEG of this size."""
    width, height = (round(side * random.uniform(0.6, 1.0)) for side in photograph.size)
    left, top = (
        int(random.integers(0, most - side + 1)) for most, side in zip(photograph.size, (width, height), strict=True)
    )
    part = photograph.resize(size, Image.Resampling.BICUBIC, box=(left, top, left + width, top + height))
    if random.random() < 0.5:
        part = part.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
    grain = random.standard_normal((size[1], size[0], 1), np.float32) * GRAIN
    pixels = np.clip(np.asarray(part) + grain, 0, 255).astype(np.uint8)
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "JPEG", quality=QUALITY)
    return buffer.getvalue()
