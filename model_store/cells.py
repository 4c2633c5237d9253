"""Text of strangers in the cells of a table, which a spreadsheet must not run, and a program reads back as it was.

A spreadsheet takes a cell that begins with `=` for a formula, which can ask hosts and start programs. An apostrophe in
front makes it text (OWASP, "CSV Injection"). The same is done behind what a spreadsheet may split at, since it splits
at the separator of its country. Every table that Fullcount writes has `quoted` cells; every table it reads is
`unquoted`: `unquoted(quoted(text)) == text`, for any text. The page does the same, in `app/web/lib/csv.js`.
"""

import re
from typing import Final

SIGNS: Final = "=+-@＝＋－＠"  # noqa: RUF001  the last four are wide, as Japanese and Chinese type them
"""A spreadsheet interprets a cell that begins with one of these as a formula, also behind a tab or a line break."""

_BEGINNING: Final = rf"(?:\A(?='*[{re.escape(SIGNS)}\t\r\n])|(?<=[;\t\r\n])(?='*[{re.escape(SIGNS)}]))"
_FORMULA: Final = re.compile(_BEGINNING)
_QUOTED_FORMULA: Final = re.compile(f"{_BEGINNING}'")


def quoted(text: str) -> str:
    """Return a text for a cell that no spreadsheet interprets as a formula."""
    return _FORMULA.sub("'", text)


def unquoted(cell: str) -> str:
    """Return the text of a cell that `quoted` made; a cell without such an apostrophe stays as it is."""
    return _QUOTED_FORMULA.sub("", cell) if "'" in cell else cell
