"""Reads `History.history` as Python prints it: a dictionary of lists, with the types of NumPy and `nan` in it."""

import ast
import re
from typing import Final

_NAME: Final = re.compile(r"^\s*[\w.]+\s*[=:]\s*(?=\{)")
_WRAPPED: Final = re.compile(
    r"(?:np\.|numpy\.)?(?:float(?:16|32|64)|int(?:32|64)|array)\(([^()]*?)(?:,\s*dtype=[\w.]+)?\)"
)
_NOT_FINITE: Final = re.compile(r"(?<![\w'\"])(-?(?:nan|inf))(?![\w'\"])")


def without_name(text: str) -> str:
    """Return a text without the name of a variable before its brace."""
    return _NAME.sub("", text)


def read_printed(text: str) -> object:
    """Return the dictionary that a text is the `repr` of. It is parsed as a literal, never run.

    Raises:
        ValueError: If it is not a literal.
    """
    plain = text.strip()
    while (unwrapped := _WRAPPED.sub(r"\1", plain)) != plain:
        plain = unwrapped
    try:
        return ast.literal_eval(_NOT_FINITE.sub(r"'\1'", plain))
    except (SyntaxError, TypeError, MemoryError, RecursionError) as error:
        raise ValueError(f"it is not a literal of Python: {error}") from error
