"""Single predictions go first, batches and evaluations take what is left, and nobody waits for ever."""

import asyncio
from contextlib import ExitStack

import pytest

from app.inference.admission import Admission


class Crowd:
    """Background images, each under way until it is told to end."""

    def __init__(self, precedence: Admission, count: int, *, most: int) -> None:
        self.begun: list[int] = []
        self.ends = [asyncio.Event() for _ in range(count)]
        self.tasks = [asyncio.create_task(self._be(precedence, number, most)) for number in range(count)]

    async def _be(self, precedence: Admission, number: int, most: int) -> None:
        async with precedence.background(most):
            self.begun.append(number)
            await self.ends[number].wait()


async def deliver() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


async def test_without_foreground_ones_the_background_take_what_they_may() -> None:
    crowd = Crowd(Admission(beside=1, linger_s=0), 5, most=3)
    await deliver()
    assert crowd.begun == [0, 1, 2]
    crowd.ends[1].set()
    await deliver()
    assert crowd.begun == [0, 1, 2, 3]


async def test_beside_a_foreground_one_only_a_few_begin() -> None:
    precedence = Admission(beside=1, linger_s=0)
    with precedence.foreground():
        crowd = Crowd(precedence, 4, most=3)
        await deliver()
        assert crowd.begun == [0]
        crowd.ends[0].set()
        await deliver()
        assert crowd.begun == [0, 1]  # they are held back, not shut out
    await deliver()
    assert crowd.begun == [0, 1, 2, 3]


async def test_after_a_foreground_one_the_next_is_expected_for_a_moment() -> None:
    precedence = Admission(beside=1, linger_s=0.05)
    with precedence.foreground():
        pass
    crowd = Crowd(precedence, 3, most=3)
    await deliver()
    assert crowd.begun == [0]
    await asyncio.sleep(0.1)
    assert crowd.begun == [0, 1, 2]


async def test_as_long_as_foreground_ones_keep_coming_only_a_few_begin() -> None:
    precedence = Admission(beside=1, linger_s=0.05)
    crowd = None
    for _ in range(20):
        with precedence.foreground():
            crowd = crowd or Crowd(precedence, 3, most=3)
        await asyncio.sleep(0.01)
        assert crowd.begun == [0]


async def test_none_begins_before_those_that_a_foreground_one_met_have_ended() -> None:
    precedence = Admission(beside=1, linger_s=0)
    crowd = Crowd(precedence, 5, most=3)
    await deliver()
    with precedence.foreground():
        crowd.ends[0].set()
        crowd.ends[1].set()
        await deliver()
        assert crowd.begun == [0, 1, 2]
        crowd.ends[2].set()
        await deliver()
        assert crowd.begun == [0, 1, 2, 3]


@pytest.mark.parametrize("foreground", [0, 2])
async def test_who_gives_up_waiting_takes_no_place(foreground: int) -> None:
    precedence = Admission(beside=1, linger_s=0)
    with ExitStack() as stack:
        for _ in range(foreground):
            stack.enter_context(precedence.foreground())
        crowd = Crowd(precedence, 3, most=1)
        await deliver()
        crowd.tasks[1].cancel()
        crowd.ends[0].set()
        await deliver()
        assert crowd.begun == [0, 2]


async def test_a_turn_that_comes_as_its_owner_is_cancelled_is_passed_on() -> None:
    crowd = Crowd(Admission(beside=1, linger_s=0), 3, most=1)
    await deliver()
    crowd.ends[0].set()
    await asyncio.sleep(0)  # the first has left, and the second was told so but has not run
    crowd.tasks[1].cancel()
    await deliver()
    assert 2 in crowd.begun


async def test_an_error_leaves_no_place_taken() -> None:
    precedence = Admission(beside=1, linger_s=0)
    for _ in range(3):
        with pytest.raises(KeyError):
            async with precedence.background(1):
                raise KeyError
