"""A report in another form. `python -m app.reports.rendering.render FORM` reads one, and writes the form to its output.

A process of its own, because drawing keeps Python busy for a second or two, in which a server's other requests would
wait, and takes memory that it gives back.
"""

import os
import struct
import sys
from typing import BinaryIO, Final

from app.reports.forms import Form
from app.reports.schemas import ReportBody
from model_store.evaluation.records_file import load_records

NICENESS: Final = 5
_HEAD: Final = struct.Struct("<Q")
"""The length of the report, before it; the records are the rest."""


def render(form: Form, report: str | bytes, records: bytes) -> bytes:
    """Return a report in another form.

    Args:
        form: Which.
        report: As JSON.
        records: As `dump_records` makes them.
    """
    body = ReportBody.model_validate_json(report)
    if form == "png":
        from app.reports.rendering import matrix as picture  # noqa: PLC0415  matplotlib is slow to import, and a table needs none

        return picture.render(body)
    if form == "html":
        from app.reports.rendering import page  # noqa: PLC0415

        return page.render(body, load_records(records))
    from app.reports.rendering import table  # noqa: PLC0415

    return table.render(body, load_records(records))


def packed(report: str, records: bytes) -> bytes:
    """Return what the process reads."""
    data = report.encode()
    return _HEAD.pack(len(data)) + data + records


def _main(form: Form, given: BinaryIO, out: BinaryIO) -> None:
    os.nice(NICENESS)
    (length,) = _HEAD.unpack(given.read(_HEAD.size))
    out.write(render(form, given.read(length), given.read()))


if __name__ == "__main__":
    _main(sys.argv[1], sys.stdin.buffer, sys.stdout.buffer)  # type: ignore[arg-type]
