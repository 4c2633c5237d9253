"""The model card of a version: Markdown for people, with the metadata on top that Hugging Face's hub reads.

Labels come from outside: in the metadata every text is a quoted YAML scalar, and in the text every character that
Markdown or HTML would take as markup is escaped. What the card says is in `templates/card.md`.
"""

import re
from functools import cache
from pathlib import Path
from typing import Any, Final

import jinja2

from model_store.evaluation import summary as words
from model_store.evaluation.report import Evaluation
from model_store.presentation.heatmap import most_confused
from model_store.text import counted, number, percent, printable
from training.curves.diagnosis import ANSWERS, VERDICTS
from training.data.files import SPLITS
from training.outcome import Outcome
from training.report import wording
from training.report.reproduction import settings, software

LABELS_SHOWN: Final = 20
"""A card of more labels names only those it knows least well, and counts the rest."""

_MARKUP: Final = re.compile(r"[\\`*_{}\[\]<>#!|~$&@]|:(?=//)|(?<=www)\.|^[-+=]")
_NUMBERED: Final = re.compile(r"^(\d+)(?=[.)](?:\s|$))")
_INDENT: Final = re.compile(r"^ +")
_ESCAPES: Final = {'"': '\\"', "\\": "\\\\"}

Yaml = str | float | list["Yaml"] | dict[str, "Yaml"]


def write_card(path: Path, outcome: Outcome) -> None:
    """Write the model card of a run."""
    path.write_text(render(outcome), encoding="utf-8")


def render(outcome: Outcome) -> str:
    """Return the model card of a run."""
    evaluation = outcome.headline_evaluation
    weakest = sorted(evaluation.per_label, key=lambda one: one.recall.value if one.recall.value is not None else 1)
    is_long = len(evaluation.per_label) > LABELS_SHOWN
    body = _environment().get_template("card.md").render(
        outcome=outcome,
        evaluation=evaluation,
        split=outcome.headline_split,
        verdicts=VERDICTS,
        splits=SPLITS,
        labels=weakest[:LABELS_SHOWN] if is_long else evaluation.per_label,
        hidden=len(evaluation.per_label) - LABELS_SHOWN if is_long else 0,
        confused=most_confused(evaluation.confusion_matrix, most=5),
        weights=settings(outcome.config)["weights"],
        software=tuple(software()),
    )  # fmt: skip
    return f"---\n{yaml(metadata(outcome))}---\n\n{body}"


def metadata(outcome: Outcome) -> dict[str, Yaml]:
    """Return what the hub reads: how the model is used, and its results.

    The licence of a model is for its owner to say, and so is it here.
    """
    return {
        "license": "unknown",
        "library_name": "fullcount",
        "pipeline_tag": "image-classification",
        "tags": ["image-classification", "fullcount", "tensorflow", "saved-model", outcome.config.backbone],
        "metrics": ["accuracy"],
        "model-index": [{"name": outcome.config.model, "results": [_result(outcome)]}],
    }


def yaml(value: Yaml, indent: int = 0) -> str:
    """Return plain values as a YAML block; every text is quoted, so that none is read as something else."""
    margin = " " * indent
    if isinstance(value, dict):
        return "".join(f"{margin}{key}:{_nested(one, indent)}" for key, one in value.items())
    if isinstance(value, list):
        return "".join(f"{margin}- {yaml(one, indent + 2).lstrip(' ')}" for one in value)
    return f"{_scalar(value)}\n"


def markdown(value: object) -> str:
    """Return a value so that Markdown shows it as it is, on one line."""
    text = _MARKUP.sub(lambda found: f"\\{found[0]}", printable(str(value)))
    text = _NUMBERED.sub(r"\1\\", text)  # no list
    return _INDENT.sub(lambda found: "&#32;" * len(found[0]), text)  # no block of code


def _result(outcome: Outcome) -> dict[str, Yaml]:
    split: str = outcome.headline_split
    return {
        "task": {"type": "image-classification"},
        "dataset": {
            "name": outcome.config.data.name or "data",
            "type": "imagefolder",
            "split": split,
            "revision": outcome.dataset.digest,
        },
        "metrics": _metrics(outcome.headline_evaluation, split),
    }


def _metrics(evaluation: Evaluation, split: str) -> list[Yaml]:
    """Return the figures that are defined, in the hub's names."""
    figures = evaluation.metrics
    named = [
        ("accuracy", f"accuracy, {split} split", figures.accuracy.value),
        ("accuracy", f"balanced accuracy, {split} split", figures.balanced_accuracy),
        ("f1", f"F1, mean of the labels, {split} split", figures.macro_f1),
        *(("recall", f"recall of {one.label}", one.recall.value) for one in evaluation.per_label[:LABELS_SHOWN]),
    ]
    return [{"type": kind, "name": name, "value": value} for kind, name, value in named if value is not None]


def _nested(value: Yaml, indent: int) -> str:
    if isinstance(value, dict):
        return f"\n{yaml(value, indent + 2)}"
    return f"\n{yaml(value, indent)}" if isinstance(value, list) else f" {yaml(value)}"


def _scalar(value: str | float) -> str:
    if not isinstance(value, str):
        return f"{value:.6f}"  # `1e-06` would be read as text
    return f'"{"".join(_ESCAPES.get(one) or (one if one.isprintable() else _code(one)) for one in value)}"'


def _code(character: str) -> str:
    """Return a character by its number, as YAML 1.2 (5.7) writes it."""
    number = ord(character)
    return f"\\u{number:04x}" if number <= 0xFFFF else f"\\U{number:08x}"


@cache
def _environment() -> jinja2.Environment:
    """Return an engine in which every value that is put in is escaped for Markdown."""
    environment = jinja2.Environment(  # noqa: S701  this is no HTML: `finalize` escapes, for Markdown
        loader=jinja2.PackageLoader("training.report"),
        finalize=markdown,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    filters: tuple[Any, ...] = (percent, words.interval, number, counted)
    environment.filters |= {one.__name__: one for one in filters}
    environment.globals |= {
        "worry_answers": ANSWERS,
        "result_sentences": wording.result_sentences,
        "labels_in_words": wording.labels_in_words,
        "precision_sentences": wording.precision_sentences,
    }
    return environment
