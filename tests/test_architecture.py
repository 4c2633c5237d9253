"""The house: three packages, two arrows, and floors, so that every import points down. Imports inside functions count.

`python -m pytest -s tests/test_architecture.py` prints the rooms and the arrows between them.
"""

import ast
import sys
from collections import defaultdict

import pytest

from tests.support.house import (
    PACKAGES,
    arrows_in,
    circle_among,
    files_below,
    folders,
    imported_names,
    imports_between_files,
    imports_of,
    python_files,
    rooms_in,
    syntax_tree,
)

FRAMEWORKS = {"tensorflow", "keras", "openvino"}
WEB = {"fastapi", "starlette", "uvicorn"}

FLOORS = {
    "app": """__main__ > commands > bench + local + tables > client > server > main > api
        > lifecycle + predictions + reports + web > environment + inference + problems
        > memory > concurrency + observability + settings > errors""",
    "app/api": """routes > dependencies + documentation + middleware > receiving + stored
        > responses + problem_responses + deadline + disconnection + schemas > negotiation + assets + reference""",
    "app/api/middleware": "request_context + browser_headers + origins + root_path",
    "app/api/receiving": "uploads > forms > boundary + bodies > form_fields + filenames",
    "app/errors": "requests + serving + engines + reports + asking",
    "app/inference": """predictor > pipeline > work > loaded_version + sources
        > decoding + explainer + admission + batcher > engines""",
    "app/memory": "watch > budget + limit + resident",
    "app/reports": """evaluator + recognising > thumbnails + comparing + storing > conclusions + rendering + summaries
        > schemas + gate > forms""",
    "app/web": "frame > reports + predict + evaluate + models > report > marks > lib",
    "model_store": """commands > presentation + store > evaluation + storage > labelled_sets > manifest
        > images + code_pages + decision + precision + cells + scratch > text > quiet > errors""",
    "model_store/evaluation": """leakage + overlap > counting
        > comparison + corrected + listing + one_label + summary + unlabelled
        > bootstrap + records_file + report + suspicion > metrics + ranking + records""",
    "model_store/images": """fingerprint > light_grids > pixels + files > examination > decoding
        > limits + memory + rejections + resizing + rgb > formats > deep_samples + foreign + input_spec
        > foreign_text > signatures""",
    "model_store/images/formats": """tiff_outline + jpeg_outline + png_outline + webp + gif + bmp + avif
        > tiff + png + jpeg_loading + outline > jpeg + tiff_tags + bmp_kinds""",
    "model_store/labelled_sets": """archives + folder + corrections > labelled_set > refusals > labels_file > set_tables
        > named_table > table_search > label_tables > layout > interpretation > recognition > names + walk""",
    "model_store/labelled_sets/archives": """partial_archive + unpacking > archive > zip_checks + zip_names
        > zip_fields + partial_file""",
    "model_store/labelled_sets/label_tables": """joining > reading > sentences > label_columns > columns
        > file_names + table_rows + table_text + code_names""",
    "training": """__main__ > commands > recipe > report + publishing > outcome > variants + learning
        > data > config + curves > backbones + run_state + interruption > cache > errors""",
    "training/curves": """diagnosis > preparation > stagnation + course > chance + rise + instability + trust
        > collapse + impossibility + evidence > onset + shape > findings + trend > history > readers""",
    "training/data": """dataset > audit + source > trainability > assignment + remarks + correcting
        > audit_tables + grouping + pixels + recognised + scan + split > extensions + files""",
    "training/learning": """phases > finetune + head > features + workbench
        > calibration + devices + network + phase_summary + schedule + scoring + threshold + variation""",
}
"""Folder to its floors, top first. A room imports only rooms on lower floors; rooms joined by `+` do not import each
other. A room that is not here fails the tests: give it a floor, and say in CONTRIBUTING.md what belongs there."""

MAX_MODULES_IN_A_FOLDER = 16


def floors_of(folder: str) -> dict[str, int]:
    """Return room to floor, counted from the top."""
    floors = [floor.split("+") for floor in FLOORS[folder].split(">")]
    return {room.strip(): number for number, floor in enumerate(floors) for room in floor}


def tops(names: frozenset[str]) -> set[str]:
    return {name.split(".")[0] for name in names}


def importers(names: set[str], *packages: str) -> set[str]:
    """Return the modules of some packages that import one of some top-level names."""
    paths = [path for path in python_files() if path.startswith(packages)]
    return {path for path in paths if tops(imports_of(path)) & names}


@pytest.mark.parametrize(
    ("package", "forbidden"),
    [
        ("app/", {"training"}),
        ("training/", {"app"} | WEB),
        ("model_store/", {"app", "training"} | FRAMEWORKS | WEB),
    ],
)
def test_three_packages_have_two_arrows(package: str, forbidden: set[str]) -> None:
    assert importers(forbidden, package) == set()


def test_tensorflow_stays_in_training_and_in_the_engines() -> None:
    outside = importers(FRAMEWORKS, "app/", "model_store/")
    assert {path for path in outside if not path.startswith("app/inference/engines/")} == set()


def test_problems_know_no_web_framework() -> None:
    assert (
        importers(WEB, "app/problems.py", "app/errors/", "app/reports/", "app/inference/", "app/predictions/") == set()
    )


def test_nothing_that_is_installed_imports_the_tests() -> None:
    assert importers({"tests", "benchmarks", "pytest"}, *PACKAGES) == set()


@pytest.mark.parametrize("folder", FLOORS)
def test_every_room_has_a_floor_and_every_arrow_points_down(folder: str) -> None:
    floors = floors_of(folder)
    lines = [f"{folder}: {len(rooms_in(folder))} rooms, {len(arrows_in(folder))} arrows"]
    sys.stdout.write("\n    ".join([*lines, *(f"{one} -> {other}" for one, other in sorted(arrows_in(folder)))]) + "\n")
    assert rooms_in(folder) <= floors.keys()
    upwards = {arrow: behind for arrow, behind in arrows_in(folder).items() if floors[arrow[0]] >= floors[arrow[1]]}
    assert upwards == {}


def test_every_folder_of_folders_has_floors() -> None:
    inner = {folder.rpartition("/")[0] for folder in folders() if "/" in folder}
    without = {folder for folder in inner if folder not in FLOORS}
    assert without == set()


@pytest.mark.parametrize("folder", folders())
def test_no_folder_has_a_circle_or_too_many_modules(folder: str) -> None:
    assert circle_among(set(arrows_in(folder))) == set()
    beside = [path for path in files_below(folder) if path.count("/") == folder.count("/") + 1]
    assert len([path for path in beside if not path.endswith("__init__.py")]) <= MAX_MODULES_IN_A_FOLDER


def test_no_file_is_in_a_circle() -> None:
    assert circle_among(set(imports_between_files())) == set()


def test_a_class_has_a_name_of_its_own() -> None:
    places = defaultdict(list)
    for path in python_files():
        for node in ast.walk(syntax_tree(path)):
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                places[node.name].append(path)
    assert {name: paths for name, paths in places.items() if len(paths) > 1} == {}


def test_the_walk_sees_every_way_to_import() -> None:
    source = "import a.b\ndef f():\n    from c import d\n    import importlib\n    importlib.import_module('e')\n"
    assert imported_names(ast.parse(source)) == {"a.b", "c.d", "importlib", "e"}
    assert len(python_files()) > 200


def test_a_circle_is_found() -> None:
    assert circle_among({("a", "b"), ("b", "c"), ("c", "b"), ("d", "e")}) == {"a", "b", "c"}
