"""The structure of the product: rooms, and the arrows between them, computed from the real imports.

A room is a module, or a folder of modules. An arrow from one room to another means that something in the one imports
something in the other, inside a function or at the top.
"""

import ast
import functools
import posixpath
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from pathlib import Path, PurePosixPath

ROOT = Path(__file__).parents[2]
PACKAGES = ("app", "model_store", "training")

Arrows = Mapping[tuple[str, str], list[tuple[str, str]]]
"""Importing and imported room to the imports behind the arrow, as pairs of paths."""


@functools.cache
def python_files() -> tuple[str, ...]:
    """Return the paths of the product's modules, sorted."""
    return tuple(sorted(path for package in PACKAGES for path in _paths(package, "*.py")))


@functools.cache
def script_files() -> tuple[str, ...]:
    """Return the paths of the page's scripts, sorted."""
    return tuple(sorted(_paths("app/web", "*.js")))


def _paths(folder: str, pattern: str) -> list[str]:
    return [path.relative_to(ROOT).as_posix() for path in (ROOT / folder).rglob(pattern)]


@functools.cache
def syntax_tree(path: str) -> ast.Module:
    """Return the syntax tree of a module, parsed once."""
    return ast.parse((ROOT / path).read_text(encoding="utf-8"))


def imported_names(tree: ast.AST) -> set[str]:
    """Return the full names that a module imports, anywhere in it, by statement or by `importlib.import_module`."""
    names: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports are absolute"
            names |= {f"{node.module}.{alias.name}" for alias in node.names}
        elif isinstance(node, ast.Call) and ast.unparse(node.func) in {"importlib.import_module", "__import__"}:
            names |= {str(ast.literal_eval(argument)) for argument in node.args[:1]}
    return names


@functools.cache
def imports_of(path: str) -> frozenset[str]:
    """Return the full names that one of the product's modules imports."""
    return frozenset(imported_names(syntax_tree(path)))


@functools.cache
def _file_of(name: str) -> str | None:
    """Return the path of the module that a full name belongs to, or None if it is not the product's."""
    parts = name.split(".")
    for length in range(len(parts), 0, -1):
        stem = "/".join(parts[:length])
        for path in (f"{stem}.py", f"{stem}/__init__.py"):
            if (ROOT / path).is_file():
                return path
    return None


def _script_imports(path: str) -> Iterator[str]:
    """Yield the paths of the scripts that a script imports; types named in comments do not count."""
    text = (ROOT / path).read_text(encoding="utf-8")
    text = re.sub(r"/\*.*?\*/|^\s*//[^\n]*", "", text, flags=re.DOTALL | re.MULTILINE)
    for address in re.findall(r'(?:\bfrom|\bimport|\bimport\()\s*"(\.{1,2}/[\w./-]+\.js)"', text):
        yield posixpath.normpath(posixpath.join(posixpath.dirname(path), address))


@functools.cache
def imports_between_files() -> frozenset[tuple[str, str]]:
    """Return every import of one of the product's files by another, as (importing path, imported path)."""
    pairs = {(path, _file_of(name)) for path in python_files() for name in imports_of(path)}
    python = {(one, other) for one, other in pairs if other is not None and one != other}
    return frozenset(python | {(path, other) for path in script_files() for other in _script_imports(path)})


def rooms_in(folder: str) -> set[str]:
    """Return the rooms of a folder: its modules and its folders of modules, without their endings."""
    below = [PurePosixPath(path).relative_to(folder) for path in files_below(folder)]
    return {path.parts[0].partition(".")[0] for path in below} - {"__init__"}


def files_below(folder: str) -> list[str]:
    """Return the paths of the product's modules and scripts below a folder."""
    return [path for path in (*python_files(), *script_files()) if path.startswith(f"{folder}/")]


def folders() -> list[str]:
    """Return every folder that holds a module or a script, at any depth, sorted."""
    paths = [PurePosixPath(path) for path in (*python_files(), *script_files())]
    return sorted({parent.as_posix() for path in paths for parent in path.parents} - {"."})


@functools.cache
def arrows_in(folder: str) -> Arrows:
    """Return the arrows between the rooms of a folder."""
    arrows: dict[tuple[str, str], list[tuple[str, str]]] = defaultdict(list)
    for pair in sorted(imports_between_files()):
        if all(path.startswith(f"{folder}/") for path in pair):
            one, other = (path.removeprefix(f"{folder}/").split("/")[0].partition(".")[0] for path in pair)
            if one != other and "__init__" not in (one, other):
                arrows[one, other].append(pair)
    return arrows


def circle_among(pairs: set[tuple[str, str]]) -> set[str]:
    """Return what is in a circle, or leads from one circle to another; empty if there is no circle."""
    edges: dict[str, set[str]] = defaultdict(set)
    for one, other in pairs:
        edges[one].add(other)
    while leaves := {one for one in edges if not edges[one] & edges.keys()}:
        edges = defaultdict(set, {one: others for one, others in edges.items() if one not in leaves})
    return set(edges)
