"""A report's confusion matrix as a PNG file."""

import io

from app.reports.schemas import ReportBody
from model_store.presentation.pictures import save_matrix


def render(report: ReportBody) -> bytes:
    """Return the PNG file."""
    file = io.BytesIO()
    save_matrix(file, report.confusion_matrix, report.accounting.sentence())
    return file.getvalue()
