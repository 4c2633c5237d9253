"""The largest picture of each form that a running service answers, as `security.md` says for 600 MB.

Run: `python -m benchmarks.largest_pictures http://127.0.0.1:8000`, with nobody else asking. The pictures hold little,
so that their files are small. Prints megapixels, the time of the answer, and why the next larger one is refused.
"""

import io
import sys
import time
from typing import Any, Final

import httpx
from PIL import Image
from rich.console import Console
from rich.table import Table

FORMS: Final[dict[str, tuple[str, str, dict[str, Any]]]] = {
    "JPEG": ("JPEG", "RGB", {}),
    "JPEG, progressive": ("JPEG", "RGB", {"progressive": True}),
    "PNG, RGB": ("PNG", "RGB", {"compress_level": 1}),
    "PNG, grey": ("PNG", "L", {"compress_level": 1}),
    "PNG, RGBA": ("PNG", "RGBA", {"compress_level": 1}),
    "WebP": ("WEBP", "RGB", {"method": 0}),
    "WebP, lossless": ("WEBP", "RGB", {"lossless": True, "quality": 0, "method": 0}),
    "GIF": ("GIF", "P", {}),
    "BMP": ("BMP", "RGB", {}),
    "TIFF, uncompressed": ("TIFF", "RGB", {}),
    "TIFF, LZW": ("TIFF", "RGB", {"compression": "tiff_lzw"}),
}
"""Form → Pillow's format, mode and options."""
MOST_MEGAPIXELS: Final = 210


def picture(form: str, megapixels: int) -> bytes | None:
    """Return a file with pixels of 4:3, or None if the format has no such size."""
    name, mode, options = FORMS[form]
    height = round((megapixels * 1e6 * 3 / 4) ** 0.5)
    file = io.BytesIO()
    try:
        Image.linear_gradient("L").convert(mode).resize((height * 4 // 3, height)).save(file, name, **options)
    except ValueError:  # WebP has at most 16383 rows and columns
        return None
    return file.getvalue()


def ask(client: httpx.Client, data: bytes) -> tuple[str, float]:
    """Return why a file is refused, or nothing if it is answered, and the seconds that this took."""
    started = time.perf_counter()
    try:
        answer = client.post("/predict", content=data, headers={"Content-Type": "application/octet-stream"})
    except httpx.WriteError:  # refused by its length, and the connection closed while it was sent
        return "body too large", 0.0
    why = "" if answer.is_success else answer.json().get("reason", answer.json()["title"])
    return why, time.perf_counter() - started


def largest(client: httpx.Client, form: str) -> tuple[int, float, str]:
    """Return the megapixels of the largest picture that is answered, the seconds, and why no larger one is."""
    answered, refused, seconds, why = 0, MOST_MEGAPIXELS, 0.0, "not tried"
    while refused - answered > 1:
        tried = (answered + refused) // 2
        data = picture(form, tried)
        refusal, took = ("no such size", 0.0) if data is None else ask(client, data)
        if refusal:
            refused, why = tried, refusal
        else:
            answered, seconds = tried, took
    return answered, seconds, why


def main() -> None:
    """Print the table."""
    table = Table("form", "megapixels", "seconds", "a larger one is")
    with httpx.Client(base_url=sys.argv[1], timeout=60) as client:
        for form in FORMS:
            megapixels, seconds, why = largest(client, form)
            table.add_row(form, str(megapixels), f"{seconds:.1f}", why)
    Console().print(table)


if __name__ == "__main__":
    main()
