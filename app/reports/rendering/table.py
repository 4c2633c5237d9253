"""A report's files as comma-separated values (RFC 4180): one line per file, scored or not."""

import csv
import io
from collections.abc import Iterator
from typing import Final

from app.reports.schemas import ReportBody
from model_store.cells import quoted
from model_store.evaluation.records import Records

_FIRST: Final = ("path", "label", "predicted")
_LAST: Final = ("damaged", "fate", "reason")


def render(report: ReportBody, records: Records) -> bytes:
    """Return the table: image files in the order of the archive, then the ignored files.

    Each label of the model has a column `probability[LABEL]`; `damaged` is `true` or `false` for a scored file, else
    empty; `fate` is `scored`, `unreadable` or `ignored`. Names and labels are `quoted`.
    """
    file = io.StringIO(newline="")
    writer = csv.writer(file)
    writer.writerow([*_FIRST, *(quoted(f"probability[{label}]") for label in records.labels), *_LAST])
    writer.writerows(_images(report, records))
    nothing = [""] * len(records.labels)
    writer.writerows([quoted(entry.path), "", "", *nothing, "", "ignored", entry.reason] for entry in report.ignored)
    return file.getvalue().encode()


def _images(report: ReportBody, records: Records) -> Iterator[list[str]]:
    nothing = [""] * len(records.labels)
    predicted = report.decision().indices(records.probabilities).tolist()  # meaningless for an unreadable file
    for place, path in enumerate(records.paths):
        head = [quoted(path), quoted(records.label(place))]
        rejection = records.rejections.get(place)
        if rejection is None:
            damaged = "true" if records.is_damaged[place] else "false"
            probabilities = map(str, records.probabilities[place])  # the shortest text that is the same float32
            yield [*head, quoted(records.labels[predicted[place]]), *probabilities, damaged, "scored", ""]
        else:
            yield [*head, "", *nothing, "", "unreadable", rejection.reason]
