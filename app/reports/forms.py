"""Forms."""

from typing import Literal

MEDIA_TYPES = {"html": "text/html", "png": "image/png", "csv": "text/csv"}

Form = Literal["html", "png", "csv"]
