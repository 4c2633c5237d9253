import math
import time

import pytest

from training.config import parse_duration
from training.learning.schedule import Clock, WarmupCosine


def test_the_rate_rises_in_a_line_to_its_peak_and_falls_as_a_cosine_to_nothing() -> None:
    schedule = WarmupCosine(peak=0.4, warmup=4, steps=14)
    rates = [schedule.at(step) for step in range(14)]
    assert rates[:4] == pytest.approx([0.1, 0.2, 0.3, 0.4])
    assert rates[4:] == pytest.approx([0.2 * (1 + math.cos(math.pi * step / 10)) for step in range(10)])
    assert schedule.at(14) == pytest.approx(0)


def test_without_warmup_the_first_step_has_the_peak() -> None:
    assert WarmupCosine(peak=0.3, warmup=0, steps=10).at(0) == pytest.approx(0.3)


def test_steps_after_the_last_stay_at_nothing() -> None:
    assert WarmupCosine(peak=0.3, warmup=1, steps=10).at(25) == pytest.approx(0)


def test_without_a_budget_all_epochs_wanted_fit() -> None:
    assert Clock().epochs_left(15, 1e9) == 15


def test_a_budget_leaves_as_many_epochs_as_it_has_time_for() -> None:
    clock = Clock(budget_s=100, spent_s=20)
    assert clock.epochs_left(15, 10, reserve_s=30) == 4
    assert clock.epochs_left(3, 10) == 3
    assert clock.epochs_left(15, 200) == 0


def test_a_budget_that_is_used_up_leaves_none() -> None:
    assert Clock(budget_s=10, spent_s=50).epochs_left(15, 1) == 0


def test_time_spent_by_earlier_attempts_counts() -> None:
    clock = Clock(spent_s=5)
    time.sleep(0.01)
    assert 5.01 <= clock.elapsed_s < 10


@pytest.mark.parametrize(("text", "seconds"), [("90", 90), ("90s", 90), ("20m", 1200), ("1.5h", 5400), (" 2 M ", 120)])
def test_a_duration_is_a_number_with_or_without_a_unit(text: str, seconds: float) -> None:
    assert parse_duration(text) == seconds


@pytest.mark.parametrize("text", ["", "m", "-5m", "0", "5 days", "1e3", "nan", "20m30s"])
def test_what_is_no_duration_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"is not a duration such as 90s, 20m or 1\.5h"):
        parse_duration(text)
