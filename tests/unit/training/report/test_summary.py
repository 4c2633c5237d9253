import io
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from rich.console import Console

from model_store.storage.layout import StoredVersion
from tests.support.outcomes import MANY_LABELS, SMALL, SOLAR_CELLS, make_outcome
from training.outcome import Outcome
from training.report.summary import training_summary


@dataclass(frozen=True)
class Name:
    """The part of a manifest that a summary shows."""

    model: str = "solar-cells"
    version: int = 3


@dataclass(frozen=True)
class Result:
    stored: StoredVersion
    outcome: Outcome


def shown(outcome: Outcome) -> str:
    manifest: Any = Name()
    output = io.StringIO()
    Console(file=output, width=80).print(
        training_summary(Result(StoredVersion(Path("store/solar-cells/3"), manifest), outcome))
    )
    return output.getvalue()


def test_it_is_one_screen() -> None:
    assert len(shown(make_outcome(SOLAR_CELLS)).splitlines()) <= 24


def test_it_says_verdict_figures_phases_and_place() -> None:
    text = " ".join(shown(make_outcome(SOLAR_CELLS)).split())
    said = (
        "Should you worry? No.",
        "159 files = 158 scored + 1 unreadable",
        "95% interval",
        "majority label",
        "head: 34 epochs, best 31, 2.9 s, kept",
        "Temperature 2.",
        "(best-f1)",
        "store/solar-cells/3/training/report.html",
    )
    assert [one for one in said if one not in text] == []


def test_a_temperature_of_1_is_not_worth_a_line() -> None:
    outcome = make_outcome(SMALL)
    assert outcome.calibration.temperature == 1
    assert "Temperature" not in shown(outcome)


def test_a_phase_that_was_rejected_or_skipped_is_called_so() -> None:
    outcome = make_outcome(SMALL)
    rejected = replace(outcome.phases[1], is_kept=False)
    assert "rejected" in shown(replace(outcome, phases=(rejected,)))
    skipped = replace(rejected, epochs=0, best=None, note="switched off")
    assert "skipped: switched off" in shown(replace(outcome, phases=(skipped,)))


def test_a_large_matrix_is_left_to_the_report() -> None:
    assert len(shown(make_outcome(MANY_LABELS)).splitlines()) <= 24
