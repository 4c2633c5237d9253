"""A gate fails a build for a reason, and passes none by luck."""

import xml.etree.ElementTree as ET

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from statsmodels.stats.proportion import proportion_confint

from app.errors import AllowanceInvalid, RequirementInvalid
from app.reports.gate import (
    OF_A_LABEL,
    OF_ALL,
    Allowance,
    Judgement,
    Requirement,
    judge,
    judge_files,
    junit,
    parse,
    parse_allowance,
)
from model_store.decision import Decision
from model_store.evaluation.counting import evaluate
from model_store.evaluation.records import Records, Scored, Unreadable
from model_store.evaluation.report import Evaluation
from model_store.labelled_sets.interpretation import Ignored, LabelsFile

LABELS = ("cat", "dog")


def report(right: int, wrong: int, *, unreadable: int = 0, resamples: int = 2, dogs: int = 1) -> Evaluation:
    """Evaluate pictures of cats, so many of which are called cats, and some dogs."""
    cat, dog = np.array([[0.9, 0.1], [0.2, 0.8]], np.float32)
    files = [Scored(f"cat/{number}", "cat", cat if number < right else dog) for number in range(right + wrong)]
    broken = [Unreadable(f"cat/{number}.txt", "cat", "empty", "The file has no bytes.") for number in range(unreadable)]
    others = [Scored(f"dog/{number}", "dog", dog) for number in range(dogs)]
    records = Records.of([*files, *broken, *others], LABELS)
    return evaluate(records, Decision(LABELS), directories=2, resamples=resamples)


def read(xml: str) -> ET.Element:
    return ET.fromstring(xml)  # noqa: S314  our own


def judge_one(evaluation: Evaluation, text: str, by: str = "low") -> Judgement:
    (judgement,) = judge(evaluation, [parse(text)], by)  # type: ignore[arg-type]
    return judgement


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("accuracy=0.9", Requirement("accuracy", None, 0.9)),
        ("recall[cat]=0.95", Requirement("recall", "cat", 0.95)),
        ("f1[a [b] = c]=1", Requirement("f1", "a [b] = c", 1.0)),
        ("macro_f1=.5", Requirement("macro_f1", None, 0.5)),
    ],
)
def test_a_requirement_is_a_metric_perhaps_a_label_and_a_number(text: str, expected: Requirement) -> None:
    assert parse(text) == expected


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("accuracy", "METRIC=NUMBER"),
        ("", "METRIC=NUMBER"),
        ("accuracy=", "METRIC=NUMBER"),
        ("accuracy=90", "90 is not a number from 0 to 1, such as 0.9 for 90%"),
        ("accuracy=90%", "90% is not a number"),
        ("accuracy=nan", "nan is not a number"),
        ("accuracy[cat]=0.9", "figures of one label are precision, recall, f1"),
        ("recall=0.9", "figures over all files are accuracy"),
        ("log_loss=0.1", "figures over all files are accuracy"),
        ("counts=0.1", "figures over all files are accuracy"),
    ],
)
def test_what_is_no_requirement_is_refused_with_the_way_to_write_it(text: str, reason: str) -> None:
    with pytest.raises(RequirementInvalid) as refused:
        parse(text)
    assert reason in str(refused.value)


@pytest.mark.parametrize("metric", [*OF_ALL, *(f"{metric}[cat]" for metric in OF_A_LABEL)])
def test_every_figure_that_may_be_required_is_in_a_report(metric: str) -> None:
    found = judge_one(report(9, 1), f"{metric}=0", "value")
    assert found.is_met or "cannot be computed" in found.sentence


@given(right=st.integers(0, 300), wrong=st.integers(0, 300), least=st.floats(0.01, 1))
def test_recall_is_judged_by_the_lower_end_of_its_interval(right: int, wrong: int, least: float) -> None:
    if right + wrong == 0:
        return
    low, _ = proportion_confint(right, right + wrong, method="wilson")
    found = judge_one(report(right, wrong), f"recall[cat]={least!r}")
    if abs(low - least) > 1e-9:
        assert found.is_met == (low > least)


@given(right=st.integers(0, 50), wrong=st.integers(1, 50), least=st.floats(0, 1))
def test_by_value_it_is_judged_by_the_value(right: int, wrong: int, least: float) -> None:
    assert judge_one(report(right, wrong), f"recall[cat]={least!r}", "value").is_met == (
        right / (right + wrong) >= least
    )


def test_the_same_value_on_few_files_is_not_enough_and_says_so() -> None:
    few, many = (judge_one(report(19 * times, times), "recall[cat]=0.9") for times in (1, 50))
    assert [round(proportion_confint(19 * n, 20 * n, method="wilson")[0], 4) for n in (1, 50)] == [0.7639, 0.9347]
    assert not few.is_met
    assert few.sentence == (
        "recall[cat] is 0.9500, its 95% interval begins at 0.7639, below 0.9: too few files to be certain."
    )
    assert many.is_met
    assert many.sentence == "recall[cat] is 0.9500, its 95% interval begins at 0.9347, not below 0.9."


def test_what_cannot_be_computed_is_not_met() -> None:
    found = judge_one(report(0, 0, unreadable=3), "recall[cat]=0")
    assert not found.is_met
    assert found.sentence == "recall[cat] cannot be computed: no file counts for it."


def test_a_label_that_is_not_there_is_refused_with_those_that_are() -> None:
    with pytest.raises(RequirementInvalid, match=r"--min recall\[bird\] is not possible: the labels are cat, dog\."):
        judge(report(1, 1), [parse("recall[bird]=0.5")], "low")


@pytest.mark.parametrize("text", ["macro_f1", "f1[cat]", "roc_auc"])
def test_a_figure_that_is_no_proportion_is_judged_by_its_bootstrap_interval(text: str) -> None:
    evaluation = report(50, 5, resamples=200, dogs=20)
    ends = evaluation.intervals.f1["cat"] if text == "f1[cat]" else evaluation.intervals.metrics[text]
    assert judge_one(evaluation, f"{text}={ends.low!r}").is_met
    refused = judge_one(evaluation, f"{text}={ends.low + 1e-6!r}")
    assert not refused.is_met
    assert f"its 95% interval begins at {ends.low:.4f}" in refused.sentence


def test_a_figure_that_too_few_files_leave_without_an_interval_is_not_met() -> None:
    found = judge_one(report(50, 5, resamples=200), "roc_auc=0.1")  # a single dog: many resamples have none
    assert not found.is_met
    assert found.sentence == "roc_auc is 0.9545 and has no interval; use --by value."
    assert judge_one(report(50, 5, resamples=200), "roc_auc=0.1", "value").is_met


def test_a_build_server_reads_every_requirement() -> None:
    judgements = judge(report(95, 5), [parse("accuracy=0.5"), parse("recall[cat]=0.99")], "low")
    root = read(junit(judgements, "cells <1> & more"))
    assert root.attrib == {"name": "cells <1> & more", "tests": "2", "failures": "1", "errors": "0"}
    first, second = root.findall("testcase")
    assert (first.get("name"), first.find("failure")) == ("accuracy at least 0.5", None)
    failure = second.find("failure")
    assert failure is not None
    assert failure.get("message") == judgements[1].sentence


@given(label=st.text(min_size=1))
def test_any_label_can_stand_in_what_the_build_server_reads(label: str) -> None:
    requirement = Requirement("recall", label, 0.5)
    for is_met in (True, False):
        assert len(read(junit([Judgement(requirement, is_met, f"{requirement.name} is so.")], "cells"))) == 1


def misspelt(files: int, *, left_out: int = 0) -> Evaluation:
    """Evaluate four cats, all right, and files under a folder that is no label."""
    cat = np.array([0.9, 0.1], np.float32)
    known = [Scored(f"cat/{number}", "cat", cat) for number in range(4)]
    unknown = [Scored(f"dogg/{number}", "dogg", cat) for number in range(files)]
    ignored = [Ignored(path=f"Test/{number}.png", reason="unlabelled") for number in range(left_out)]
    return evaluate(Records.of([*known, *unknown], LABELS), Decision(LABELS), ignored=ignored, resamples=2)


def test_files_under_no_label_fail_the_gate_and_the_label_is_suggested() -> None:
    evaluation = misspelt(10)
    assert judge_one(evaluation, "accuracy=1", "value").is_met
    (judgement,) = judge_files(evaluation, [], [])
    assert not judgement.is_met
    assert judgement.sentence == (
        "10 unlabelled files, more than 0. 10 of 14 files are under 'dogg', no label of the model; is it 'dog'? "
        "Correct them, or allow them with --allow unlabelled=10."
    )
    assert evaluation.summary[0] == "10 of 14 files are under 'dogg', no label of the model; is it 'dog'?"


def test_images_that_are_left_out_fail_the_gate_too() -> None:
    (judgement,) = judge_files(misspelt(0, left_out=3), [], [])
    assert not judgement.is_met
    assert "3 of 7 files are under 'Test'" in judgement.sentence


def test_unreadable_files_fail_the_gate_and_the_first_is_named() -> None:
    (judgement,) = judge_files(report(99, 0, unreadable=1), [], [])
    assert not judgement.is_met
    assert judgement.sentence.startswith(
        "1 unreadable file, more than 0. It is cat/0.txt (empty). Correct it, or allow it"
    )


def hundred(*, damaged: int) -> Evaluation:
    """Evaluate a hundred pictures of cats, all right, of which the first are damaged."""
    cat = np.array([0.9, 0.1], np.float32)
    files = [Scored(f"cat/{number}", "cat", cat, is_damaged=number < damaged) for number in range(100)]
    return evaluate(Records.of(files, LABELS), Decision(LABELS), resamples=2)


def test_one_damaged_file_of_a_hundred_fails_the_gate_although_it_is_scored() -> None:
    evaluation = hundred(damaged=1)
    assert (evaluation.accounting.scored, evaluation.accounting.damaged) == (100, 1)
    (judgement,) = judge_files(evaluation, [], [])
    assert judgement.sentence == (
        "1 damaged file, more than 0. It is cat/0. Correct it, or allow it with --allow damaged=1."
    )
    (judgement,) = judge_files(evaluation, [], [parse_allowance("damaged=1")])
    assert judgement.is_met


def test_the_first_of_many_damaged_files_are_named() -> None:
    (judgement,) = judge_files(hundred(damaged=7), [], [parse_allowance("damaged=6")])
    assert not judgement.is_met
    assert "They are cat/0, cat/1, cat/2, cat/3, cat/4 and 2 more." in judgement.sentence


def test_rows_of_a_table_without_a_file_fail_the_gate_and_are_named() -> None:
    table = LabelsFile(path="labels.csv", rows=102, missing=["cat/x.jpg", "cat/y.jpg"])
    (judgement,) = judge_files(report(99, 0), [table], [])
    assert not judgement.is_met
    assert judgement.sentence == (
        "2 missing files, more than 0. labels.csv lists 2 files that do not exist: cat/x.jpg, cat/y.jpg. "
        "Correct them, or allow them with --allow missing=2."
    )
    (judgement,) = judge_files(report(99, 0), [table], [parse_allowance("missing=2")])
    assert judgement.is_met
    other = LabelsFile(path="test/labels.csv", rows=1, missing=["z.jpg"])
    (judgement,) = judge_files(report(99, 0), [table, other], [parse_allowance("missing=2")])
    assert judgement.sentence.startswith("3 missing files, more than 2. labels.csv lists 2 files")
    assert "test/labels.csv lists 1 file that does not exist: z.jpg." in judgement.sentence


@pytest.mark.parametrize(("most", "is_met"), [(9, False), (10, True), (11, True)])
def test_as_many_files_pass_as_are_allowed(most: int, is_met: bool) -> None:  # noqa: FBT001  a column of the table
    (judgement,) = judge_files(misspelt(10), [], [Allowance("unlabelled", most)])
    assert judgement.is_met == is_met


def test_an_allowance_for_one_state_lets_no_other_pass() -> None:
    judgements = judge_files(report(5, 0, unreadable=2), [], [parse_allowance("unlabelled=5")])
    assert [judgement.is_met for judgement in judgements] == [True, False]
    assert judgements[0].sentence == "0 unlabelled files, not more than 5."


def test_a_report_without_such_files_is_judged_by_its_figures_alone() -> None:
    assert judge_files(report(5, 1), [], []) == []


def test_a_build_server_reads_the_files_that_fail_the_gate() -> None:
    (case,) = read(junit(judge_files(misspelt(10), [], []), "cells")).findall("testcase")
    assert case.get("name") == "unlabelled files at most 0"
    failure = case.find("failure")
    assert failure is not None
    assert "is it 'dog'?" in (failure.get("message") or "")


@pytest.mark.parametrize(
    "text", ["", "unlabelled", "unlabelled=", "unlabelled=-1", "unlabelled=1.5", "lost=3", "=3", "damaged=1%"]
)
def test_what_is_no_allowance_is_refused_with_the_states(text: str) -> None:
    with pytest.raises(AllowanceInvalid, match="the states are unlabelled, unreadable, damaged and missing"):
        parse_allowance(text)
