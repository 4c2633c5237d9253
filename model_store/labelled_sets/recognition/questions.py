"""Questions to the user about a labelled set whose folders can be read in two ways; `--layout` answers them."""

from collections.abc import Sequence
from typing import Final

from model_store.errors import SetRejected
from model_store.text import NAMED, excerpt, listed

_NUMBERS: Final = {2: "two", 3: "three", 4: "four", 5: "five", 6: "six"}


def ask_parts(folders: Sequence[str], shared: Sequence[str]) -> SetRejected:
    """Ask whether folders that hold the same folders are parts of the set or labels.

    Args:
        folders: The names of the folders.
        shared: The names of the folders in them.
    """
    number = _NUMBERS.get(len(folders), str(len(folders)))
    what = f"{_listed([f'{name}/' for name in folders])} hold the same folders {listed(map(excerpt, shared))}"
    return SetRejected("ambiguous-layout", f"{what}: {number} parts or {number} labels?")


def ask_level(names: Sequence[str]) -> SetRejected:
    """Ask which of the folders of a path is the label.

    Args:
        names: The names of the folders that could be, from the outer one.
    """
    path = "/".join(map(excerpt, names))
    detail = f"Images are in {path}/, and each of these folders is a label: which one counts?"
    return SetRejected("ambiguous-layout", detail)


def _listed(names: Sequence[str]) -> str:
    """Name all of a few things, or the first ones and the number of others: `a/, b/ and c/`."""
    shown = [excerpt(name) for name in names[:NAMED]]
    if len(names) > NAMED:
        return f"{', '.join(shown)} and {len(names) - NAMED:,} more folders"
    return " and ".join([", ".join(shown[:-1]), shown[-1]]) if len(shown) > 1 else shown[0]
