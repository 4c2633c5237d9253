"""Descriptions for OpenAPI of bodies and problems that FastAPI cannot see in a signature."""

from typing import Any

from app.problems import MEDIA_TYPE, ProblemBody
from app.reports.forms import MEDIA_TYPES
from app.reports.schemas import ReportBody

_BINARY: dict[str, Any] = {"schema": {"type": "string", "format": "binary"}}


def problems(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Describe the problems that a route may answer, by status."""
    content = {MEDIA_TYPE: {"schema": ProblemBody.model_json_schema()}}
    return {status: {"description": "A problem, see /problems.", "content": content} for status in statuses}


def report_forms() -> dict[str, Any]:
    """Describe a report in each of its forms."""
    text: dict[str, Any] = {"schema": {"type": "string"}}
    content = {MEDIA_TYPES[form]: _BINARY if form == "png" else text for form in MEDIA_TYPES if form != "json"}
    return {"model": ReportBody, "content": content}


def upload(
    raw: tuple[str, ...], field: str | None, *, is_list: bool = False, others: tuple[str, ...] = ()
) -> dict[str, Any]:
    """Describe a body that is one raw file or a form.

    Args:
        raw: The media types of the raw body.
        field: The field of the form, or None if no form is accepted.
        is_list: Whether the field may be repeated.
        others: Further fields with a file that a form may have.
    """
    content = dict.fromkeys(raw, _BINARY)
    if field is not None:
        file = {"type": "string", "format": "binary"}
        shape = {"type": "array", "items": file} if is_list else file
        schema = {"type": "object", "properties": {field: shape, **dict.fromkeys(others, file)}, "required": [field]}
        content["multipart/form-data"] = {"schema": schema}
    return {"requestBody": {"required": True, "content": content}}
