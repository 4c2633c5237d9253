"""A report's files as comma-separated values (RFC 4180): one line for each, whatever became of it."""

import csv
import io
from collections.abc import Iterator
from typing import Final

from app.reports.schemas import ReportBody
from model_store.evaluation.records import Records

_FIRST: Final = ("path", "label", "predicted")
_LAST: Final = ("fate", "reason")


def render(report: ReportBody, records: Records) -> bytes:
    """Return the table: image files in the order of the archive, then what was ignored.

    A column `probability[LABEL]` for each label of the model; `fate` is `scored`, `unreadable` or `ignored`. Names are
    as they are in the archive: a spreadsheet may take one that begins with `=` for a formula.
    """
    file = io.StringIO(newline="")
    writer = csv.writer(file)
    writer.writerow([*_FIRST, *(f"probability[{label}]" for label in records.labels), *_LAST])
    writer.writerows(_images(report, records))
    nothing = [""] * len(records.labels)
    writer.writerows([one.path, "", "", *nothing, "ignored", one.reason] for one in report.ignored)
    return file.getvalue().encode()


def _images(report: ReportBody, records: Records) -> Iterator[list[str]]:
    nothing = [""] * len(records.labels)
    called = report.decision().indices(records.probabilities).tolist()  # of an unreadable file, nonsense
    for place, path in enumerate(records.paths):
        head = [path, records.label(place)]
        why = records.rejections.get(place)
        if why is None:
            probabilities = map(str, records.probabilities[place])  # the shortest text that is the same float32
            yield [*head, records.labels[called[place]], *probabilities, "scored", ""]
        else:
            yield [*head, "", *nothing, "unreadable", why.reason]
