"""The names of labels that a table gives as codes, from a second file such as `classes.txt`."""

import json
import re
from collections.abc import Iterable, Set
from pathlib import PurePosixPath
from typing import Final

_NAMED_SO: Final = re.compile(r"class|label|category|categories|names|synset")
_EXTENSIONS: Final = frozenset({".txt", ".csv", ".tsv", ".json", ".names"})
_CODE_AND_NAME: Final = re.compile(r"""["']?([^\s,;:\t"']+)["']?\s*(?:[,;:\t]\s*|\s+)["']?(.+?)["']?""")
_CODE: Final = re.compile(r"\d+")


class CodesUnclear(ValueError):
    """The file may count from 0 or from 1."""


def may_name_codes(path: str) -> bool:
    """Tell whether a file may hold the names of codes, by what it is called."""
    file = PurePosixPath(path.lower())
    return (
        file.suffix in _EXTENSIONS and _NAMED_SO.search(file.stem + file.suffix.replace(".names", "names")) is not None
    )


def are_codes(labels: Iterable[str]) -> bool:
    """Tell whether labels are whole numbers."""
    return all(_CODE.fullmatch(label) for label in labels)


def name_codes(text: str, codes: Set[str]) -> dict[str, str] | None:
    """Read the names of codes: lines in the order of the codes, `code,name` lines, or JSON.

    Returns:
        Code → name; None if a code has none.

    Raises:
        CodesUnclear: If there is a line for each code, counted from 0 as well as from 1.
    """
    known = _from_json(text) or _from_pairs(text)
    if known is not None and codes <= known.keys():
        return {code: known[code] for code in codes}
    if not are_codes(codes):
        return None
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return _from_lines(lines, {code: int(code) for code in codes})


def _from_lines(lines: list[str], numbers: dict[str, int]) -> dict[str, str] | None:
    lowest, highest = min(numbers.values()), max(numbers.values())
    if highest > len(lines) or (lowest == 0 and highest == len(lines)):
        return None
    if lowest > 0 and highest < len(lines):
        raise CodesUnclear(f"the codes {lowest} to {highest} may be counted from 0 or from 1")
    start = 0 if lowest == 0 else 1
    return {code: lines[number - start] for code, number in numbers.items()}


def _from_pairs(text: str) -> dict[str, str] | None:
    matches = [_CODE_AND_NAME.fullmatch(line.strip()) for line in text.splitlines() if line.strip()]
    pairs = [(match[1], match[2]) for match in matches if match is not None]
    if len(pairs) < len(matches):
        return None
    found = dict(pairs)
    swapped = {name: code for code, name in pairs}  # name,code
    numbers = sum(map(bool, map(_CODE.fullmatch, found))), sum(map(bool, map(_CODE.fullmatch, swapped)))
    return found if numbers[0] >= numbers[1] else swapped


def _from_json(text: str) -> dict[str, str] | None:
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return None
    if isinstance(value, list) and all(isinstance(name, str) for name in value):
        return {str(number): name for number, name in enumerate(value)}
    if not isinstance(value, dict) or not all(isinstance(name, str | int) for name in value.values()):
        return None
    if all(isinstance(name, int) for name in value.values()):
        return {str(code): name for name, code in value.items()}
    return {code: str(name) for code, name in value.items()}
