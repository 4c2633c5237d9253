"""The documents say what the code does: every setting, problem, route, reason, command and file, and nothing else."""

import json
import re
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any

import click
import pytest

from app.main import create_app
from app.observability.metrics import ServiceMetrics
from app.predictions.schemas import Explanation, PredictionBody
from app.problems import all_types
from app.reports.schemas import ComparedReport, InterpretationBody, ReportBody, ReportComparisonBody
from app.settings import Settings
from model_store.commands.main import GROUP
from model_store.evaluation.comparison import Comparison, Paired, mcnemar_exact
from model_store.evaluation.corrected import CorrectionsEffect, FiguresBefore
from model_store.evaluation.overlap import SharedFiles
from model_store.images.pixels import REASONS as IMAGE_REASONS
from model_store.labelled_sets.corrections.outcomes import CORRECTION_STATES, CorrectionOutcome
from model_store.labelled_sets.labelled_set import REASONS as ARCHIVE_REASONS
from scripts.hooks.long_lines import long_lines
from training.backbones.catalogue import BACKBONES
from training.data.files import FATES

ROOT = Path(__file__).parents[2]
DOCUMENTS = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])


FILES = re.compile(r"`(?!training/\w+\.(?:html|csv))((?:app|model_store|training|tests|scripts|docs)/[\w./-]+)`")
"""A file or folder of this repository between code quotes, and none of a version's own folder `training`."""


def named(document: Path) -> str:
    """Return what a document is called in the name of a test."""
    return document.relative_to(ROOT).as_posix()


def read(name: str) -> str:
    """Return a document's text."""
    return (ROOT / name).read_text(encoding="utf-8")


def headings(name: str) -> list[str]:
    """Return what a document's headings put in code quotes."""
    return re.findall(r"^#+ `([^`]+)`$", read(name), re.MULTILINE)


def table(name: str, header: str) -> dict[str, str]:
    """Return the rows below a table's header: first cell without quotes → second."""
    lines = read(name).split(f"| {header} |")[1].split("\n\n")[0].splitlines()[2:]
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
    return {row[0].strip("`"): row[1] for row in cells}


def blocks(name: str, language: str) -> list[str]:
    """Return a document's code blocks of a language."""
    return re.findall(rf"^```{language}\n(.*?)^```", read(name), re.MULTILINE | re.DOTALL)


def test_every_setting_has_its_heading_with_meaning_and_default() -> None:
    assert headings("docs/reference/settings.md") == [f"FULLCOUNT_{name.upper()}" for name in Settings.model_fields]
    text = read("docs/reference/settings.md")
    for name, field in Settings.model_fields.items():
        default = "not set" if field.default in {None, ()} else field.default
        assert f"## `FULLCOUNT_{name.upper()}`\n\n{field.description}\nDefault: {default}" in text


def test_every_problem_has_its_heading_with_its_status() -> None:
    assert sorted(headings("docs/reference/problems.md")) == sorted(all_types())
    for name, kind in all_types().items():
        assert re.search(rf"## `{name}`\n\n{kind.status}[. ]", read("docs/reference/problems.md")), name


def test_every_metric_is_listed() -> None:
    metrics = ServiceMetrics().registry.collect()
    names = {one.name + "_total" * (one.type == "counter") for one in metrics}
    assert {f"fullcount_{name}" for name in table("docs/reference/http-api.md", "metric | is")} == names


def test_every_route_has_its_heading() -> None:
    paths = create_app(Settings()).openapi()["paths"]
    routes = [f"{method.upper()} {path}" for path, methods in paths.items() for method in methods]
    assert sorted(headings("docs/reference/http-api.md")) == sorted(routes)


def test_every_reason_has_its_row() -> None:
    assert table("docs/reference/model-store-format.md", "rejected as | because") == IMAGE_REASONS
    assert table("docs/reference/http-api.md", "reason | because") == ARCHIVE_REASONS
    assert table("docs/reference/corrections.md", "state | is") == CORRECTION_STATES


def test_every_fate_has_its_row_and_every_backbone_is_named() -> None:
    assert table("docs/reference/audit.md", "fate | is") == FATES
    assert all(f"`{name}`" in read("docs/reference/backbones.md") for name in BACKBONES)


def test_the_examples_of_the_api_have_the_fields_of_the_bodies() -> None:
    examples: list[dict[str, Any]] = [json.loads(block) for block in blocks("docs/reference/http-api.md", "json")]
    PredictionBody.model_validate(examples[0], extra="forbid")
    Explanation.model_validate(examples[1]["explanation"], extra="forbid")
    assert [*examples[3], "comparison", "corrections"] == list(ReportBody.model_fields)
    comparison = examples[4]
    assert list(comparison) == list(Comparison.model_fields)
    paired = Paired(**comparison["paired"])
    assert paired.files == examples[3]["accounting"]["scored"]
    assert mcnemar_exact(paired.only_this, paired.only_against) == comparison["p_value"]
    effect = CorrectionsEffect.model_fields, FiguresBefore.model_fields
    assert (list(examples[5]), list(examples[5]["before"])) == tuple(map(list, effect))
    assert sum(examples[5]["states"].values()) == examples[5]["rows"]
    assert [CorrectionOutcome.model_validate(row).row for row in examples[5]["not_applied"]] == [9, 17]
    InterpretationBody.model_validate(examples[6], extra="forbid")
    reports = examples[7]
    assert list(reports) == list(ReportComparisonBody.model_fields)
    assert list(reports["this"]) == list(ComparedReport.model_fields)
    files = SharedFiles(**reports["files"])
    assert files.both + files.other_label + files.only_this == reports["this"]["accounting"]["images"]
    assert sum(map(sum, reports["confusion_matrix"]["counts"])) == files.both


@pytest.mark.parametrize("document", [one for one in DOCUMENTS if one.name != "CHANGELOG.md"], ids=named)
def test_every_file_that_a_document_names_exists(document: Path) -> None:
    mentioned = FILES.findall(document.read_text(encoding="utf-8"))
    assert [name for name in mentioned if not (ROOT / name).exists()] == []


def test_every_document_that_the_code_names_exists() -> None:
    folders = ("app", "model_store", "training", "scripts", "tests", "benchmarks")
    sources = [path for folder in folders for path in (ROOT / folder).rglob("*.[pj][ys]")]
    mentioned = {
        (path.relative_to(ROOT).as_posix(), name)
        for path in sources
        for name in re.findall(r"docs/[\w/-]+\.md", path.read_text(encoding="utf-8"))
    }
    assert {(path, name) for path, name in mentioned if not (ROOT / name).exists()} == set()


@pytest.mark.parametrize("document", DOCUMENTS, ids=named)
def test_a_line_has_at_most_120_columns(document: Path) -> None:
    assert list(long_lines(document.read_text(encoding="utf-8"))) == []


def test_the_readme_is_short() -> None:
    assert len(read("README.md").splitlines()) <= 110


def test_the_pictures_of_the_readme_are_there_and_small_and_said_in_words() -> None:
    shown = re.findall(r'(?:src|srcset)="([^"]+)"', read("README.md"))
    assert sorted(ROOT / one for one in shown) == sorted((ROOT / "docs" / "pictures").iterdir())
    assert all((ROOT / one).stat().st_size < 150_000 for one in shown)
    for picture in re.findall(r"<img[^>]*>", read("README.md")):
        assert re.search(r'alt="[^"]{40,}"', picture)


@pytest.mark.parametrize("document", DOCUMENTS, ids=named)
def test_every_link_leads_somewhere(document: Path) -> None:
    for target in re.findall(r"\]\(([^)\s]+)\)", document.read_text(encoding="utf-8")):
        if target.startswith(("http://", "https://", "mailto:")):
            continue
        path, _, anchor = target.partition("#")
        file = document.parent / path if path else document
        assert file.exists(), target
        if anchor:
            titles = re.findall(r"^#+ (.+)$", file.read_text(encoding="utf-8"), re.MULTILINE)
            assert anchor in {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}, target


@pytest.mark.parametrize("document", DOCUMENTS, ids=named)
def test_every_command_shown_exists_with_its_options(document: Path) -> None:
    commands = {entry.name: entry for entry in entry_points(group=GROUP)}
    text = document.read_text(encoding="utf-8").replace("\\\n", " ")
    for line in re.findall(r"^(?:\$ )?fullcount ([a-z].*)$", text, re.MULTILINE):
        name, *words = line.split()
        command = commands[name].load()
        if isinstance(command, click.Group):
            command = command.get_command(click.Context(command), words[0])
        known = {option for parameter in command.params for option in parameter.opts}
        assert {word for word in words if word.startswith("--")} <= known, line


def test_the_targets_of_make_that_are_shown_exist() -> None:
    targets = set(re.findall(r"^([a-z0-9.-]+):", read("Makefile"), re.MULTILINE))
    for document in DOCUMENTS:
        assert set(re.findall(r"`make ([a-z0-9.-]+)", document.read_text(encoding="utf-8"))) <= targets, document


def test_the_image_that_is_run_is_the_one_that_is_built() -> None:
    (built,) = re.findall(r"^IMAGE \?= (\w+)", read("Makefile"), re.MULTILINE)
    (composed,) = re.findall(r"^\s+image: (\S+)$", read("compose.yaml"), re.MULTILINE)
    for document in ("README.md", "docs/guide/deploy.md"):
        (run,) = re.findall(r"^docker run .* (\S+)$", read(document), re.MULTILINE)
        assert built == run == composed
