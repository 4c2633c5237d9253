import logging
import sys

from app.observability.logs import PrintableFormatter

HOSTILE = "a\x1b[31m\r\n2026 forged\u202e"


def line_of(message: str, *, error: Exception | None = None) -> str:
    raised = None
    if error is not None:
        try:
            raise error
        except type(error):
            raised = sys.exc_info()
    return PrintableFormatter().format(logging.LogRecord("app", logging.INFO, "", 1, message, (), raised))


def test_a_record_is_one_printable_line() -> None:
    line = line_of(HOSTILE)
    assert line.isprintable()
    assert line.endswith(r"INFO app: a\x1b[31m\r\n2026 forged\u202e")


def test_a_traceback_has_lines_but_nothing_else() -> None:
    lines = line_of("failed", error=ValueError(HOSTILE)).split("\n")
    assert len(lines) > 3
    assert all(line.isprintable() for line in lines)


def test_what_can_be_printed_is_as_it_was() -> None:
    assert line_of("größe 日本").endswith("INFO app: größe 日本")
