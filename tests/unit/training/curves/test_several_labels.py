"""Runs with several labels an image are recognised, and judged by their loss."""

from pathlib import Path

import pytest

from tests.support.curves import Course, drawn, sampled, towards
from training.curves.diagnosis import Facts, diagnose
from training.curves.history import read_with_notes

SEVERAL = Facts(several_labels=True)


def binary(labels: int) -> dict[str, Course | float]:
    """Return the binary accuracy of a model that denies each of its labels, of which an image has one."""
    return {"accuracy": 1 - 1 / labels, "val_accuracy": 1 - 1 / labels}


@pytest.mark.parametrize(("labels", "loss"), [(10, 0.32), (20, 0.19), (80, 0.065), (20, 0.6931)])
def test_several_labels_that_never_learnt_are_told_so(labels: int, loss: float) -> None:
    main = diagnose(drawn(20, loss=loss, val_loss=loss, noise=loss / 1000, **binary(labels)), SEVERAL).main  # type: ignore[arg-type]
    assert (main.verdict, main.worry) == ("never-learnt", "yes")
    assert main.evidence[-1].startswith("Images have several labels: the loss is judged")


def test_an_accuracy_near_one_from_the_start_is_not_too_good() -> None:
    run = drawn(40, loss=towards(0.1, 0.02, 5), val_loss=towards(0.1, 0.03, 5), accuracy=0.992, val_accuracy=0.991)
    assert diagnose(run).main.verdict == "too-good"
    assert diagnose(run, SEVERAL).main.verdict == "plateau-converged"


def test_the_loss_names_the_course() -> None:
    def rises(epoch: int) -> float:
        return 0.15 + 0.01 * max(0, epoch - 10)

    run = drawn(40, loss=towards(0.3, 0.01, 6), val_loss=rises, accuracy=towards(0.95, 0.999, 6), val_accuracy=0.96)
    main = diagnose(run, SEVERAL).main
    assert (main.verdict, main.epoch) == ("overfitting", 11)


def test_a_loss_that_one_label_an_image_excludes_shows_that_there_are_several() -> None:
    run = drawn(
        60, loss=towards(0.69, 0.1, 5), val_loss=towards(0.69, 0.12, 5), accuracy=sampled(0.31, 5000), val_accuracy=0.3
    )
    main = diagnose(run).main
    assert main.verdict == "plateau-converged"
    assert "several labels" in main.evidence[-1]


def test_one_label_an_image_keeps_its_accuracy() -> None:
    run = drawn(60, loss=towards(0.69, 0.1, 5), val_loss=towards(0.69, 0.2, 5), accuracy=towards(0.5, 0.97, 5))
    assert not any("several labels" in sentence for finding in diagnose(run).findings for sentence in finding.evidence)


@pytest.mark.parametrize(
    ("name", "first", "has_several"),
    [
        ("binary_accuracy", 0.95, True),
        ("binary_accuracy", 0.61, False),
        ("accuracy", 0.95, False),
        ("MultilabelAccuracy", 0.4, True),
    ],
)
def test_the_name_of_the_accuracy_tells(tmp_path: Path, name: str, first: float, *, has_several: bool) -> None:
    path = tmp_path / "history.csv"
    path.write_text(f"epoch,loss,{name}\n0,0.3,{first}\n1,0.2,0.96\n")
    assert read_with_notes(path).has_several_labels is has_several
