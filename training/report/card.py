"""The model card of a version: Markdown for people, with the metadata on top that Hugging Face's hub reads.

Labels are untrusted. In the metadata every text is a quoted YAML scalar. In the body every character that Markdown or
HTML would read as markup is escaped. `templates/card.md` has the text of the card.
"""

import re
from functools import cache
from pathlib import Path
from typing import Any, Final

import jinja2

from model_store.evaluation.report import Evaluation
from model_store.evaluation.summary import interval
from model_store.presentation.heatmap import most_confused
from model_store.text import counted, number, percent, printable
from training.curves.diagnosis import ANSWERS, VERDICTS
from training.data.files import SPLITS
from training.outcome import Outcome
from training.report import wording
from training.report.reproduction import settings, software

LABELS_SHOWN: Final = 20
"""Labels in a card; with more labels it lists those of lowest recall and counts the rest."""

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
    weakest = sorted(
        evaluation.per_label, key=lambda label: label.recall.value if label.recall.value is not None else 1
    )
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
        corrections=tuple(wording.correction_sentences(outcome)),
    )  # fmt: skip
    return f"---\n{yaml(metadata(outcome))}---\n\n{body}"


def metadata(outcome: Outcome) -> dict[str, Yaml]:
    """Return the metadata for the hub: the use of the model and its results.

    The licence is `unknown`, because only the owner of the model can state it.
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
    """Return plain values as a YAML block, with every text quoted so that it stays a text."""
    margin = " " * indent
    if isinstance(value, dict):
        return "".join(f"{margin}{key}:{_nested(item, indent)}" for key, item in value.items())
    if isinstance(value, list):
        return "".join(f"{margin}- {yaml(item, indent + 2).lstrip(' ')}" for item in value)
    return f"{_scalar(value)}\n"


def markdown(value: object) -> str:
    """Return a value escaped so that Markdown shows it unchanged, on one line."""
    text = _MARKUP.sub(lambda match: f"\\{match[0]}", printable(str(value)))
    text = _NUMBERED.sub(r"\1\\", text)  # not a list
    return _INDENT.sub(lambda match: "&#32;" * len(match[0]), text)  # not a block of code


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
    """Return the figures that are defined, under the hub's names."""
    figures = evaluation.metrics
    named = [
        ("accuracy", f"accuracy, {split} split", figures.accuracy.value),
        ("accuracy", f"balanced accuracy, {split} split", figures.balanced_accuracy),
        ("f1", f"F1, mean of the labels, {split} split", figures.macro_f1),
        *(("recall", f"recall of {label.label}", label.recall.value) for label in evaluation.per_label[:LABELS_SHOWN]),
    ]
    return [{"type": kind, "name": name, "value": value} for kind, name, value in named if value is not None]


def _nested(value: Yaml, indent: int) -> str:
    if isinstance(value, dict):
        return f"\n{yaml(value, indent + 2)}"
    return f"\n{yaml(value, indent)}" if isinstance(value, list) else f" {yaml(value)}"


def _scalar(value: str | float) -> str:
    if not isinstance(value, str):
        return f"{value:.6f}"  # `1e-06` would be read as text
    return f'"{"".join(_ESCAPES.get(char) or (char if char.isprintable() else _code(char)) for char in value)}"'


def _code(character: str) -> str:
    """Return the numeric escape of a character (YAML 1.2, section 5.7)."""
    number = ord(character)
    return f"\\u{number:04x}" if number <= 0xFFFF else f"\\U{number:08x}"


@cache
def _environment() -> jinja2.Environment:
    """Return an environment that escapes every inserted value for Markdown."""
    environment = jinja2.Environment(  # noqa: S701  this is not HTML: `finalize` escapes for Markdown
        loader=jinja2.PackageLoader("training.report"),
        finalize=markdown,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    filters: tuple[Any, ...] = (percent, interval, number, counted)
    environment.filters |= {filter_.__name__: filter_ for filter_ in filters}
    environment.globals |= {
        "worry_answers": ANSWERS,
        "result_sentences": wording.result_sentences,
        "labels_in_words": wording.labels_in_words,
        "precision_sentences": wording.precision_sentences,
    }
    return environment
