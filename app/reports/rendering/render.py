"""The rendering process: `python -m app.reports.rendering.render FORM` reads a report and writes it in another form.

It is a process of its own because drawing keeps Python busy for a second or two, while a server's other requests would
wait. When it ends, its memory is free again.
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
"""The length of the report, which precedes it; the rest of the input is the records."""


def render(form: Form, report: str | bytes, records: bytes) -> bytes:
    """Render a report in another form.

    Args:
        form: The form of the result.
        report: The report as JSON.
        records: The records, as bytes of `dump_records`.
    """
    body = ReportBody.model_validate_json(report)
    if form == "png":
        from app.reports.rendering import matrix  # noqa: PLC0415  imports matplotlib, which a table does not need

        return matrix.render(body)
    if form == "html":
        from app.reports.rendering import page  # noqa: PLC0415

        return page.render(body, load_records(records))
    from app.reports.rendering import table  # noqa: PLC0415

    return table.render(body, load_records(records))


def packed(report: str, records: bytes) -> bytes:
    """Return the input of the process."""
    data = report.encode()
    return _HEAD.pack(len(data)) + data + records


def _main(form: Form, source: BinaryIO, out: BinaryIO) -> None:
    os.nice(NICENESS)
    (length,) = _HEAD.unpack(source.read(_HEAD.size))
    out.write(render(form, source.read(length), source.read()))


if __name__ == "__main__":
    _main(sys.argv[1], sys.stdin.buffer, sys.stdout.buffer)  # type: ignore[arg-type]
