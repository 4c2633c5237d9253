"""Three packages, two arrows: training → model_store ← app. Imports inside functions count."""

import ast
import functools
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PACKAGES = ("app", "model_store", "training")
FRAMEWORKS = {"tensorflow", "keras", "openvino"}
WEB = {"fastapi", "starlette", "uvicorn"}


@functools.cache
def imports(source: str) -> frozenset[str]:
    """Return the full names of what a module imports, at its top or later; `importlib` and `find_spec` as well."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports are absolute"
            found |= {f"{node.module}.{alias.name}" for alias in node.names}
        elif isinstance(node, ast.Call) and ast.unparse(node.func) in {"importlib.import_module", "__import__"}:
            found |= {str(ast.literal_eval(argument)) for argument in node.args[:1]}
    return frozenset(found)


def modules(*packages: str) -> Iterator[tuple[Path, frozenset[str]]]:
    for package in packages:
        for path in sorted((ROOT / package).rglob("*.py")):
            yield path.relative_to(ROOT), imports(path.read_text(encoding="utf-8"))


def tops(names: frozenset[str]) -> set[str]:
    return {name.split(".")[0] for name in names}


@pytest.mark.parametrize(
    ("package", "forbidden"),
    [
        ("app", {"training"}),
        ("training", {"app"} | WEB),
        ("model_store", {"app", "training"} | FRAMEWORKS | WEB),
    ],
)
def test_no_arrow_points_the_wrong_way(package: str, forbidden: set[str]) -> None:
    wrong = {str(path): tops(names) & forbidden for path, names in modules(package)}
    assert {path: names for path, names in wrong.items() if names} == {}


def test_tensorflow_stays_in_training_and_in_the_engines() -> None:
    outside = {
        str(path): tops(names) & FRAMEWORKS
        for path, names in modules(*PACKAGES)
        if path.parts[0] != "training" and path.parts[:3] != ("app", "inference", "engines")
    }
    assert {path: names for path, names in outside.items() if names} == {}


def test_nothing_that_is_installed_imports_the_tests() -> None:
    wrong = [str(path) for path, names in modules(*PACKAGES) if tops(names) & {"tests", "benchmarks", "pytest"}]
    assert wrong == []


def test_there_is_no_circle_among_what_modules_import_when_they_load() -> None:
    known = {".".join(path.with_suffix("").parts): _without_functions(path) for path, _ in modules(*PACKAGES)}
    edges = {
        module: {other for other in known if any(name == other or name.startswith(f"{other}.") for name in names)}
        for module, names in known.items()
    }
    while leaves := {module for module, others in edges.items() if not others & edges.keys()}:
        edges = {module: others for module, others in edges.items() if module not in leaves}
    assert edges == {}


def _without_functions(path: Path) -> frozenset[str]:
    tree = ast.parse((ROOT / path).read_text(encoding="utf-8"))
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            node.body = [ast.Pass()]
    return imports(ast.unparse(tree))


def test_the_walk_sees_every_way_to_import() -> None:
    source = "import a.b\ndef f():\n    from c import d\n    import importlib\n    importlib.import_module('e')\n"
    assert imports(source) == {"a.b", "c.d", "importlib", "e"}
    assert len(list(modules(*PACKAGES))) > 40
