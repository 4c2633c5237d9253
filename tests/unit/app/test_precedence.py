"""Single predictions go first, batches and evaluations take what is left, and nobody waits for ever."""

import asyncio
from contextlib import ExitStack

import pytest

from app.precedence import Precedence


class Crowd:
    """Patient images, each under way until it is told to end."""

    def __init__(self, precedence: Precedence, count: int, *, most: int) -> None:
        self.begun: list[int] = []
        self.ends = [asyncio.Event() for _ in range(count)]
        self.tasks = [asyncio.create_task(self._be(precedence, number, most)) for number in range(count)]

    async def _be(self, precedence: Precedence, number: int, most: int) -> None:
        async with precedence.patient(most):
            self.begun.append(number)
            await self.ends[number].wait()


async def settle() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


async def test_without_urgent_ones_the_patient_take_what_they_may() -> None:
    crowd = Crowd(Precedence(beside=1, linger_s=0), 5, most=3)
    await settle()
    assert crowd.begun == [0, 1, 2]
    crowd.ends[1].set()
    await settle()
    assert crowd.begun == [0, 1, 2, 3]


async def test_beside_an_urgent_one_only_a_few_begin() -> None:
    precedence = Precedence(beside=1, linger_s=0)
    with precedence.urgent():
        crowd = Crowd(precedence, 4, most=3)
        await settle()
        assert crowd.begun == [0]
        crowd.ends[0].set()
        await settle()
        assert crowd.begun == [0, 1]  # they are held back, not shut out
    await settle()
    assert crowd.begun == [0, 1, 2, 3]


async def test_after_an_urgent_one_the_next_is_expected_for_a_moment() -> None:
    precedence = Precedence(beside=1, linger_s=0.05)
    with precedence.urgent():
        pass
    crowd = Crowd(precedence, 3, most=3)
    await settle()
    assert crowd.begun == [0]
    await asyncio.sleep(0.1)
    assert crowd.begun == [0, 1, 2]


async def test_as_long_as_urgent_ones_keep_coming_only_a_few_begin() -> None:
    precedence = Precedence(beside=1, linger_s=0.05)
    crowd = None
    for _ in range(20):
        with precedence.urgent():
            crowd = crowd or Crowd(precedence, 3, most=3)
        await asyncio.sleep(0.01)
        assert crowd.begun == [0]


async def test_none_begins_before_those_that_an_urgent_one_met_have_ended() -> None:
    precedence = Precedence(beside=1, linger_s=0)
    crowd = Crowd(precedence, 5, most=3)
    await settle()
    with precedence.urgent():
        crowd.ends[0].set()
        crowd.ends[1].set()
        await settle()
        assert crowd.begun == [0, 1, 2]
        crowd.ends[2].set()
        await settle()
        assert crowd.begun == [0, 1, 2, 3]


@pytest.mark.parametrize("urgent", [0, 2])
async def test_who_gives_up_waiting_takes_no_place(urgent: int) -> None:
    precedence = Precedence(beside=1, linger_s=0)
    with ExitStack() as stack:
        for _ in range(urgent):
            stack.enter_context(precedence.urgent())
        crowd = Crowd(precedence, 3, most=1)
        await settle()
        crowd.tasks[1].cancel()
        crowd.ends[0].set()
        await settle()
        assert crowd.begun == [0, 2]


async def test_a_turn_that_comes_as_its_owner_is_cancelled_is_passed_on() -> None:
    crowd = Crowd(Precedence(beside=1, linger_s=0), 3, most=1)
    await settle()
    crowd.ends[0].set()
    await asyncio.sleep(0)  # the first has left, and the second was told so but has not run
    crowd.tasks[1].cancel()
    await settle()
    assert 2 in crowd.begun


async def test_an_error_leaves_no_place_taken() -> None:
    precedence = Precedence(beside=1, linger_s=0)
    for _ in range(3):
        with pytest.raises(KeyError):
            async with precedence.patient(1):
                raise KeyError
