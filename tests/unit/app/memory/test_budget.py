"""The budget of bytes: never exceeded, waited for, and given back."""

import asyncio
import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.errors import Exhausted, MemoryNeverEnough
from app.memory.budget import MemoryBudget

MIB = 2**20


def test_a_share_gives_everything_back_at_its_end() -> None:
    budget = MemoryBudget(64 * MIB)
    with budget.share("the upload") as share:
        assert share.take_if_free(20 * MIB)
        assert share.take_if_free(10 * MIB)
        share.give_back(kept=5 * MIB)
        assert (budget.taken, share.bytes) == (5 * MIB, 5 * MIB)
    assert budget.taken == 0


def test_what_never_has_room_is_refused_at_once_by_the_name_of_the_setting() -> None:
    budget = MemoryBudget(64 * MIB)
    with (
        budget.share("the upload") as share,
        pytest.raises(MemoryNeverEnough, match="The upload takes 49 MiB") as error,
    ):
        share.take_if_free(49 * MIB)
    assert "FULLCOUNT_MEMORY_MIB" in (error.value.hint or "")
    assert budget.taken == 0


def test_a_part_is_kept_for_small_shares() -> None:
    budget = MemoryBudget(64 * MIB)
    with budget.share("a picture") as large, budget.share("a picture") as other, budget.share("a picture") as small:
        assert large.take_if_free(48 * MIB)
        assert not other.take_if_free(7 * MIB)
        assert small.take_if_free(6 * MIB)


def test_without_room_it_waits_until_there_is_some() -> None:
    budget = MemoryBudget(64 * MIB)

    async def wait() -> int:
        with budget.share("one") as one, budget.share("other") as other:
            assert one.take_if_free(40 * MIB)
            waits = asyncio.create_task(other.take(40 * MIB))
            await asyncio.sleep(0)
            assert budget.waiting == 1
            threading.Thread(target=one.give_back).start()
            await waits
            return budget.taken

    assert asyncio.run(wait()) == 40 * MIB
    assert (budget.taken, budget.waiting) == (0, 0)


def test_without_room_in_time_it_is_refused_and_leaves_the_queue() -> None:
    budget = MemoryBudget(64 * MIB)

    async def wait() -> None:
        with budget.share("one") as one, budget.share("other") as other:
            assert one.take_if_free(40 * MIB)
            with pytest.raises(Exhausted):
                await other.take(40 * MIB, patience_s=0.01)
            assert (budget.waiting, other.bytes) == (0, 0)

    asyncio.run(wait())


def test_who_gives_up_waiting_lets_the_next_one_in() -> None:
    budget = MemoryBudget(64 * MIB)

    async def wait() -> None:
        with budget.share("one") as one, budget.share("two") as two, budget.share("three") as three:
            assert one.take_if_free(20 * MIB)
            first = asyncio.create_task(two.take(40 * MIB))
            await asyncio.sleep(0)
            second = asyncio.create_task(three.take(20 * MIB))
            await asyncio.sleep(0)
            assert not second.done()
            first.cancel()
            await second
            with pytest.raises(asyncio.CancelledError):
                await first

    asyncio.run(wait())
    assert budget.taken == 0


def test_a_larger_budget_lets_those_in_who_wait() -> None:
    budget = MemoryBudget(64 * MIB)

    async def wait() -> None:
        with budget.share("one") as one, budget.share("two") as two:
            assert one.take_if_free(40 * MIB)
            waits = asyncio.create_task(two.take(40 * MIB))
            await asyncio.sleep(0)
            budget.resize(128 * MIB)
            await waits

    asyncio.run(wait())


@given(st.lists(st.tuples(st.integers(1, 48), st.integers(0, 20)), min_size=1, max_size=30))
def test_however_many_take_at_once_the_total_holds_and_everybody_gets_a_turn(sizes: list[tuple[int, int]]) -> None:
    budget = MemoryBudget(64)
    served = []

    async def take(size: int, turns: int) -> None:
        with budget.share("a picture") as share:
            await share.take(size, patience_s=None)
            assert budget.taken <= budget.total
            for _ in range(turns):
                await asyncio.sleep(0)
            served.append(size)

    async def take_all() -> None:
        await asyncio.gather(*(take(*one) for one in sizes))

    asyncio.run(take_all())
    assert sorted(served) == sorted(size for size, _ in sizes)
    assert budget.taken == 0
