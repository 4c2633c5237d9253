"""Requirements on a report, such as `accuracy=0.9` or `recall[defective]=0.95`: met or not, and why.

By default a figure is judged by the lower end of its 95% interval: on few files, a good value can be luck. Files that
no figure is about, because they have no label, cannot be read or are missing, fail the gate as well, unless they are
allowed. So do damaged files: the figures are about what the decoder made of them.
"""

import math
import re
import xml.etree.ElementTree as ET
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final, Literal, get_args

from app.errors import AllowanceInvalid, RequirementInvalid
from model_store.evaluation.report import Estimate, Evaluation, PerLabel
from model_store.evaluation.summary import missing_sentence
from model_store.evaluation.unlabelled import count_unlabelled, find_unlabelled, unlabelled_sentences
from model_store.labelled_sets.interpretation import LabelsFile
from model_store.text import counted, listed, printable

By = Literal["low", "value"]
"""The number that is compared: the lower end of the interval, or the value itself."""

OF_ALL: Final = (
    "accuracy",
    "balanced_accuracy",
    "macro_precision",
    "macro_recall",
    "macro_f1",
    "roc_auc",
    "average_precision",
)
OF_A_LABEL: Final = ("precision", "recall", "f1")
"""The figures of one label; those in `OF_ALL` are over all files. Higher is better for each of them."""

State = Literal["unlabelled", "unreadable", "damaged", "missing"]
"""The states of files that the figures are not about, or not as they were taken; see docs/reference/http-api.md."""
STATES: Final = get_args(State)

_FORM: Final = re.compile(r"(?P<metric>[a-z0-9_]+)(\[(?P<label>.+)\])?=(?P<least>[^=]+)", re.DOTALL)


@dataclass(frozen=True)
class Requirement:
    """The least value that a figure must have."""

    metric: str
    label: str | None
    least: float

    @property
    def name(self) -> str:
        """Return the requirement as it is written, without the number."""
        return self.metric if self.label is None else f"{self.metric}[{self.label}]"

    @property
    def title(self) -> str:
        """Return the requirement in words."""
        return f"{self.name} at least {self.least:g}"


@dataclass(frozen=True)
class Allowance:
    """The most files that may be in a state that fails the gate."""

    state: State
    most: int

    @property
    def title(self) -> str:
        """Return the allowance in words."""
        return f"{self.state} files at most {self.most}"


@dataclass(frozen=True)
class Judgement:
    """A requirement, met or not, and the sentence that says why."""

    requirement: Requirement | Allowance
    is_met: bool
    sentence: str


def parse(text: str) -> Requirement:
    """Parse a requirement.

    Raises:
        RequirementInvalid: If `text` is not `METRIC=NUMBER` or `METRIC[LABEL]=NUMBER`.
    """
    form = _FORM.fullmatch(text)
    if form is None:
        raise RequirementInvalid(text, "write METRIC=NUMBER or METRIC[LABEL]=NUMBER, such as accuracy=0.9")
    metric, label = form["metric"], form["label"]
    known = OF_ALL if label is None else OF_A_LABEL
    if metric not in known:
        whose = "over all files" if label is None else "of one label"
        raise RequirementInvalid(text, f"the figures {whose} are {', '.join(known)}")
    try:
        least = float(form["least"])
    except ValueError:
        least = math.nan
    if not 0 <= least <= 1:
        raise RequirementInvalid(text, f"{form['least']} is not a number from 0 to 1, such as 0.9 for 90%")
    return Requirement(metric, label, least)


def parse_allowance(text: str) -> Allowance:
    """Parse an allowance.

    Raises:
        AllowanceInvalid: If `text` is not `STATE=NUMBER`.
    """
    state, _, most = text.partition("=")
    for known in STATES:
        if state == known and most.isascii() and most.isdigit():
            return Allowance(known, int(most))
    raise AllowanceInvalid(text, STATES)


def judge(evaluation: Evaluation, requirements: Sequence[Requirement], by: By) -> list[Judgement]:
    """Judge a report by requirements.

    Raises:
        RequirementInvalid: If a label is not in the report.
    """
    return [_judge(_figure(evaluation, requirement), requirement, by) for requirement in requirements]


def judge_files(
    evaluation: Evaluation, tables: Sequence[LabelsFile], allowances: Sequence[Allowance]
) -> list[Judgement]:
    """Judge the states of the files.

    Args:
        evaluation: The evaluation of the files.
        tables: The tables that gave the labels; none if folders did.
        allowances: The files that pass.

    Returns:
        A judgement for each state that has files or an allowance.
    """
    found: dict[State, int] = {
        "unlabelled": count_unlabelled(evaluation),
        "unreadable": evaluation.accounting.unreadable,
        "damaged": evaluation.accounting.damaged,
        "missing": sum(len(table.missing) for table in tables),
    }
    most = dict.fromkeys(STATES, 0) | {allowance.state: allowance.most for allowance in allowances}
    asked = {allowance.state for allowance in allowances}
    return [
        _judge_state(Allowance(state, most[state]), found[state], _places(evaluation, tables, state))
        for state in STATES
        if found[state] or state in asked
    ]


def junit(judgements: Sequence[Judgement], suite: str) -> str:
    """Return judgements as JUnit XML for a build server, with a test case for each requirement."""
    failures = sum(not judgement.is_met for judgement in judgements)
    root = ET.Element("testsuite", name=suite, tests=str(len(judgements)), failures=str(failures), errors="0")
    for judgement in judgements:
        name = _printable(judgement.requirement.title)
        case = ET.SubElement(root, "testcase", classname="fullcount.evaluate", name=name)
        if judgement.is_met:
            ET.SubElement(case, "system-out").text = _printable(judgement.sentence)
        else:
            ET.SubElement(case, "failure", message=_printable(judgement.sentence))
    ET.indent(root)
    return ET.tostring(root, encoding="unicode", xml_declaration=True) + "\n"


def _judge_state(allowance: Allowance, files: int, places: Iterable[str]) -> Judgement:
    """Judge one state; `places` are sentences that say where its files are."""
    is_met = files <= allowance.most
    said = f"{counted(files, f'{allowance.state} file')}, {'not more' if is_met else 'more'} than {allowance.most}"
    if is_met:
        return Judgement(allowance, is_met, f"{said}.")
    where = "".join(f" {sentence}" for sentence in places)
    them = "it" if files == 1 else "them"
    allow = f"Correct {them}, or allow {them} with --allow {allowance.state}={files}."
    return Judgement(allowance, is_met, f"{said}.{where} {allow}")


def _places(evaluation: Evaluation, tables: Sequence[LabelsFile], state: State) -> Iterator[str]:
    """Yield sentences that say where the files of a state are, if there are any."""
    if state == "damaged":
        paths = [file.path for file in evaluation.damaged]
        yield f"{'It is' if len(paths) == 1 else 'They are'} {listed(paths)}."
    elif state == "missing":
        yield from (missing_sentence(table) for table in tables if table.missing)
    elif state == "unlabelled":
        folders = find_unlabelled(evaluation.confusion_matrix, evaluation.ignored)
        images = evaluation.accounting.images + sum(file.reason == "unlabelled" for file in evaluation.ignored)
        yield from unlabelled_sentences(folders, images)
    else:
        first = evaluation.excluded[0]
        subject = "It" if len(evaluation.excluded) == 1 else "The first"
        yield f"{subject} is {printable(first.path)} ({first.reason})."


def _figure(evaluation: Evaluation, requirement: Requirement) -> Estimate:
    metric, label = requirement.metric, requirement.label
    source = evaluation.metrics if label is None else _label(evaluation, requirement)
    figure: Estimate | float | None = getattr(source, metric)
    if isinstance(figure, Estimate):
        return figure
    ranges = evaluation.intervals
    ends = ranges.metrics.get(metric) if label is None else ranges.f1.get(label)
    return Estimate(value=figure, low=ends and ends.low, high=ends and ends.high)


def _label(evaluation: Evaluation, requirement: Requirement) -> PerLabel:
    for figures in evaluation.per_label:
        if figures.label == requirement.label:
            return figures
    labels = ", ".join(figures.label for figures in evaluation.per_label)
    raise RequirementInvalid(requirement.name, f"the labels are {labels}")


def _judge(figure: Estimate, requirement: Requirement, by: By) -> Judgement:
    name, least = requirement.name, requirement.least
    if figure.value is None:
        return Judgement(requirement, is_met=False, sentence=f"{name} cannot be computed: no file counts for it.")
    if by == "value":
        is_met = figure.value >= least
        return Judgement(requirement, is_met, f"{name} is {figure.value:.4f}, {_relation(least, is_met=is_met)}.")
    if figure.low is None:
        sentence = f"{name} is {figure.value:.4f} and has no interval; use --by value."
        return Judgement(requirement, is_met=False, sentence=sentence)
    is_met = figure.low >= least
    interval = f"its 95% interval begins at {figure.low:.4f}"
    sentence = f"{name} is {figure.value:.4f}, {interval}, {_relation(least, is_met=is_met)}"
    if not is_met and figure.value >= least:
        return Judgement(requirement, is_met=False, sentence=f"{sentence}: too few files to be certain.")
    return Judgement(requirement, is_met, f"{sentence}.")


def _relation(least: float, *, is_met: bool) -> str:
    return f"{'not below' if is_met else 'below'} {least:g}"


def _printable(text: str) -> str:
    """Replace the characters that XML cannot hold; a label may be the name of any folder."""
    return "".join(character if character.isprintable() else "�" for character in text)
