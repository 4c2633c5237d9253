"""One connection too many takes the place of the one that has waited longest; nobody who is served loses theirs."""

import asyncio

from app.server.connections import Connections
from app.server.sending import Reader


class FakeReader(Reader):
    def __init__(self) -> None:
        self.is_late = False

    def look(self, now: float) -> bool:
        del now
        return not self.is_late


class FakeConnection:
    def __init__(self) -> None:
        self.late = FakeReader()
        self.reader: Reader = self.late
        self.is_idle = True
        self.what_happened: list[str] = []
        self.is_aborted = asyncio.Event()

    def end(self) -> None:
        self.what_happened.append("ended")

    def abort(self) -> None:
        self.what_happened.append("aborted")
        self.is_aborted.set()


def three(peers: Connections) -> list[FakeConnection]:
    connections = [FakeConnection() for _ in range(3)]
    assert all(peers.add(one) for one in connections)
    return connections


def ended(connections: list[FakeConnection]) -> list[bool]:
    return [one.what_happened == ["ended"] for one in connections]


async def test_the_one_that_has_waited_longest_makes_room() -> None:
    peers = Connections(3, 30)
    connections = three(peers)
    peers.work(connections[0])
    assert peers.add(FakeConnection())
    assert ended(connections) == [False, True, False]
    peers.wait(connections[0])  # answered: from now on it waits again
    assert peers.add(FakeConnection())
    assert ended(connections) == [False, True, True]


async def test_an_answer_that_is_not_sent_yet_is_not_cut_short() -> None:
    peers = Connections(3, 30)
    connections = three(peers)
    connections[0].is_idle = False
    assert peers.add(FakeConnection())
    assert ended(connections) == [False, True, False]


async def test_if_all_are_served_there_is_no_room_until_one_is_lost() -> None:
    peers = Connections(3, 30)
    connections = three(peers)
    for one in connections:
        peers.work(one)
    refused = FakeConnection()
    assert not peers.add(refused)
    peers.remove(refused)
    peers.remove(connections[0])
    assert peers.add(FakeConnection())
    assert ended(connections) == [False, False, False]


async def test_who_does_not_read_is_cut_off_and_the_others_are_not() -> None:
    peers = Connections(3, 0.02)
    connections = three(peers)
    await asyncio.sleep(0.05)
    assert [one.what_happened for one in connections] == [[], [], []]
    connections[1].late.is_late = True
    await asyncio.wait_for(connections[1].is_aborted.wait(), 10)
    peers.remove(connections[1])
    assert [one.what_happened for one in connections] == [[], ["aborted"], []]
