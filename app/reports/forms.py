"""The forms of a report and their media types, for routes, client and commands. A new form is added here first."""

from collections.abc import Mapping
from typing import Final, Literal

Form = Literal["html", "png", "csv"]
"""A form that is rendered: a page, a picture of the matrix, a table of the files."""

ReportForm = Literal["json", "jsonl"] | Form
"""A form that a server sends; `jsonl` reports the progress before the report."""

MEDIA_TYPES: Final[Mapping[ReportForm, str]] = {
    "json": "application/json",
    "jsonl": "application/jsonl",
    "html": "text/html",
    "png": "image/png",
    "csv": "text/csv",
}
"""The media type of each form; the first is the default."""

FORMS: Final[Mapping[str, ReportForm]] = {media_type: form for form, media_type in MEDIA_TYPES.items()}
"""The form of each media type."""
