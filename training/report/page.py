"""The report of a run as one HTML page, from the templates in `templates/`."""

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

import jinja2

from model_store.labelled_sets.corrections.outcomes import CORRECTION_STATES, MOST_LINES, count_states
from model_store.manifest import Scalar
from model_store.presentation.heatmap import MAX_LABELS, Confusion, HeatmapRow, column_sums, heatmap, most_confused
from model_store.presentation.pages import make_environment
from model_store.presentation.pictures import Picture, matrix_picture
from training.curves.diagnosis import ANSWERS, VERDICTS
from training.data.files import FATES, ODD_FATES, SPLITS, USED_FATES, Audit, File
from training.outcome import Outcome
from training.report import wording
from training.report.figures import calibration_error, curve_pictures, published_epoch, reliability_pictures
from training.report.mistakes import worst_mistakes
from training.report.reproduction import command, python_only, settings, software

SHOWN: Final = 20
"""Number of files that a list names before it counts the rest."""
NAMES: Final = {
    "fractions.validation": "validation fraction",
    "fractions.test": "test fraction",
    "budget_s": "budget in seconds",
}
"""Setting to a name that reads better."""


@dataclass(frozen=True)
class Pictures:
    """The pictures of the report."""

    curves: tuple[Picture, ...]
    reliability: tuple[Picture, ...]
    matrix: Picture | None
    """Picture of a matrix that is too large for a table."""


@dataclass(frozen=True)
class Confusions:
    """The confusion matrix as a table, and its most confused pairs."""

    rows: tuple[HeatmapRow, ...]
    sums: tuple[int, ...]
    pairs: tuple[Confusion, ...]


def write_html(path: Path, outcome: Outcome) -> None:
    """Write the report of a run."""
    path.write_text(render(outcome), encoding="utf-8")


def render(outcome: Outcome) -> str:
    """Return the report of a run as HTML."""
    audit = outcome.dataset.audit
    return _environment().get_template("report.html").render(
        outcome=outcome,
        evaluation=outcome.headline_evaluation,
        split=outcome.headline_split,
        verdicts=VERDICTS,
        fates=FATES,
        splits=SPLITS,
        shown=SHOWN,
        pictures=_pictures(outcome),
        confusions=_confusions(outcome),
        error_before=calibration_error(outcome, is_calibrated=False),
        published=published_epoch(outcome),
        totals=_totals(outcome),
        mistakes=worst_mistakes(outcome),
        odd=_files_to_look_at(audit),
        correction_states=CORRECTION_STATES,
        most_corrections=MOST_LINES,
        states_of_corrections=count_states(audit.corrections),
        settings=_setting_groups(outcome),
        python_only=python_only(outcome.config),
        software=tuple(software()),
        command=command(outcome.config),
    )  # fmt: skip


def _files_to_look_at(audit: Audit) -> list[File]:
    """Return the odd files, those that are left out first."""
    odd = [file for file in audit.files if file.fate in ODD_FATES]
    return sorted(odd, key=lambda file: file.fate in USED_FATES)


def _totals(outcome: Outcome) -> dict[str, int]:
    """Return the number of used files of each label, over all splits."""
    counts = outcome.dataset.counts
    return {label: sum(counts[split][label] for split in SPLITS) for label in outcome.dataset.labels}


def _setting_groups(outcome: Outcome) -> dict[str, dict[str, Scalar]]:
    """Return the settings of the run and of each phase; values that a phase chose replace unset ones."""
    groups: dict[str, dict[str, Scalar]] = {"Run": {}, "Head": {}, "Fine-tuning": {}}
    prefixes = {"head": "Head", "fine_tune": "Fine-tuning"}
    for name, value in settings(outcome.config).items():
        prefix, _, rest = name.rpartition(".")
        groups[prefixes.get(prefix, "Run")][rest if prefix in prefixes else NAMES.get(name, name)] = value
    for phase in outcome.phases:
        groups[prefixes[phase.phase.replace("-", "_")]] |= phase.settings
    return groups


def _pictures(outcome: Outcome) -> Pictures:
    is_large = len(outcome.decision.labels) > MAX_LABELS
    return Pictures(
        curves=curve_pictures(outcome),
        reliability=reliability_pictures(outcome),
        matrix=matrix_picture(outcome.headline_evaluation.confusion_matrix) if is_large else None,
    )


def _confusions(outcome: Outcome) -> Confusions:
    matrix = outcome.headline_evaluation.confusion_matrix
    is_large = len(outcome.decision.labels) > MAX_LABELS
    return Confusions(
        rows=() if is_large else heatmap(matrix),
        sums=column_sums(matrix),
        pairs=most_confused(matrix) if len(outcome.decision.labels) > 2 else (),
    )


@cache
def _environment() -> jinja2.Environment:
    environment = make_environment("training.report")
    environment.filters |= {filter_.__name__: filter_ for filter_ in (wording.duration, wording.setting)}
    environment.globals |= {"worry_answers": ANSWERS, "result_sentences": wording.result_sentences}
    return environment
