import io

import numpy as np
from rich.console import Console, RenderableType

from model_store.decision import Decision
from model_store.evaluation.counting import evaluate
from model_store.evaluation.records import Records, Scored, Unreadable
from model_store.evaluation.report import Duplicate, Evaluation, Leakage, Mislabelled, SeenInTraining, WithoutSeen
from model_store.labelled_sets.interpretation import Ignored, Interpretation, MatchedFolder
from model_store.presentation.tables import SHOWN, doubts_summary, evaluation_summary, versions_table
from model_store.store import ModelStore
from tests.support.fakes import publish


def shown(renderable: RenderableType) -> str:
    console = Console(file=io.StringIO(), width=120, force_terminal=False)
    console.print(renderable)
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def report(label: str = "a", path: str = "x.png", ignored: int = 1) -> Evaluation:
    files: list[Scored | Unreadable] = [
        Scored("1.png", label, np.array([0.9, 0.1])),
        Unreadable(path, "b", "corrupt", "It is damaged."),
    ]
    rest = [Ignored(path=f"{index}.txt", reason="not-an-image") for index in range(ignored)]
    return evaluate(Records.of(files, (label, "b")), Decision((label, "b")), ignored=rest, directories=2)


def test_the_accounting_comes_first() -> None:
    lines = shown(evaluation_summary(report())).splitlines()
    assert lines[:2] == ["2 files = 1 scored + 1 unreadable", "5 entries = 2 directories + 1 ignored + 2 images"]


def test_how_the_set_was_read_comes_after_the_accounting() -> None:
    matched = [MatchedFolder(folder="[b]A", label="a", files=1)]
    read = Interpretation(wrapper="set", encoding=None, matched=matched, labels_file=None)
    lines = shown(evaluation_summary(report(), read)).splitlines()
    assert lines[2] == "The folder '[b]A' counts as the label 'a' (1 file)."
    assert lines[:2] + lines[3:] == shown(evaluation_summary(report())).splitlines()


def test_what_is_undefined_is_called_so() -> None:
    text = shown(evaluation_summary(evaluate(Records([], ("a", "b")), Decision(("a", "b")))))
    assert text.count("not defined") == 10 + 2 * 3
    assert "nan" not in text


def test_a_name_is_shown_as_it_is_and_never_taken_for_markup() -> None:
    text = shown(evaluation_summary(report(label="cats[/b]", path="[red]x[/].png")))
    assert "[red]x[/].png" in text
    assert "cats[/b]: precision" in text


def test_a_name_cannot_steer_the_terminal() -> None:
    text = shown(evaluation_summary(report(label="\x1b[31ma\nb", path="\x07x\udcff.png")))
    assert not {"\x1b", "\x07", "\udcff"} & set(text)
    assert "\\x1b[31ma\\nb" in text


def test_a_long_list_says_how_many_more_there_are() -> None:
    text = shown(evaluation_summary(report(ignored=SHOWN + 3)))
    assert f"Ignored: {SHOWN + 3}" in text
    assert "and 3 more" in text


def test_a_path_that_is_too_long_for_a_line_is_folded_and_never_cut_off() -> None:
    path = f"{'set/' * 40}1.png"
    suspect = Mislabelled(path=path, actual="b", suggested="a", probability_actual=0.1, probability_suggested=0.9)
    cells = [
        line.split("│")[1].strip() for line in shown(doubts_summary(None, [], [suspect])).splitlines() if "│" in line
    ]
    assert "".join(cells) == path


def test_versions_are_listed_with_the_one_that_serves(store: ModelStore) -> None:
    manifests = [(publish(store.directory).manifest, serves) for serves in (False, True)]
    lines = shown(versions_table(manifests)).splitlines()
    assert ["yes" in line for line in lines if "shades" in line] == [False, True]


def test_what_to_doubt_is_said_and_listed() -> None:
    figures = evaluation_of_one()
    leakage = Leakage(
        training_images=9,
        files=[SeenInTraining(path="a/1.png", label="a", match="near")],
        too_flat=2,
        without=WithoutSeen(files=3, confusion_matrix=figures.confusion_matrix, metrics=figures.metrics),
    )
    twice = Duplicate(match="exact", labels=["a", "b"], paths=["a/2.png", "b/2.png"])
    suspect = Mislabelled(path="b/3.png", actual="b", suggested="a", probability_actual=0.1, probability_suggested=0.9)
    text = shown(doubts_summary(leakage, [twice], [suspect]))
    assert "The version was trained on 1 file of this set: 0 with the same pixels, 1 nearly the same." in text
    assert "2 files with too little contrast" in text
    assert all(path in text for path in ("a/1.png", "a/2.png, b/2.png", "b/3.png"))
    nothing = Leakage(training_images=9, files=[], too_flat=0, without=None)
    assert shown(doubts_summary(nothing, [], [])).strip() == (
        "None of the files is the same or nearly the same as one of the version's 9 training images."
    )
    assert "has no fingerprints of its training images" in shown(doubts_summary(None, [], []))


def evaluation_of_one() -> Evaluation:
    files = [Scored("1.png", "a", np.array([0.9, 0.1]))]
    return evaluate(Records.of(files, ("a", "b")), Decision(("a", "b")))
