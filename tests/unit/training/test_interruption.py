import os
import signal

import pytest

from training.interruption import listening


def press_ctrl_c() -> None:
    os.kill(os.getpid(), signal.SIGINT)


def test_the_first_ctrl_c_asks_and_the_second_ends() -> None:
    told: list[str] = []
    with listening(told.append) as interruption:
        interruption.can_finish = True
        press_ctrl_c()
        assert interruption.is_requested
        with pytest.raises(KeyboardInterrupt):
            press_ctrl_c()
    assert told == ["Finishing with the best model so far; Ctrl-C again ends at once and publishes nothing."]


def test_before_there_is_a_model_one_ctrl_c_ends() -> None:
    with pytest.raises(KeyboardInterrupt), listening(print):
        press_ctrl_c()


def test_a_termination_ends_at_once_also_when_there_is_a_model() -> None:
    with listening(print) as interruption:
        interruption.can_finish = True
        with pytest.raises(KeyboardInterrupt):
            os.kill(os.getpid(), signal.SIGTERM)


def test_afterwards_signals_are_handled_as_before() -> None:
    before = signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)
    with listening(print):
        assert signal.getsignal(signal.SIGINT) != before[0]
    assert (signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)) == before
