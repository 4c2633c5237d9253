"""Changed requests by the thousand, over many connections: whatever is sent, the service answers, closes and goes on.

Run: `python -m tests.attack.fuzz --url URL --requests 100000`. The laws: no status of 500 and more but 503, 504 and
507; no connection that hangs; the same answer to a good picture all the while; with `--pid`, the memory of the process
and its children back within 50 MiB. Each case follows from the seed and its number; one that breaks a law is written to
a file, which `--replay FILE` sends again. The exit status is 1 if a law was broken.
"""

import asyncio
import random
import sys
import time
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import click
import httpx

from benchmarks.attack.process_tree import MIB, memory_bytes
from tests.attack.framing import Case, make_case
from tests.attack.samples import Request, samples
from tests.attack.wire import End, Wire
from tests.support.fakes import grey

UNAVAILABLE = {503, 504, 507}
PATIENCE_S = 0.5
LIMIT_S = 20.0
BACK_MIB = 50
WARM_UP = 2000
"""Cases after which everything has been loaded that requests need: memory is compared with what is held then."""


@dataclass
class Tally:
    """What came of the cases.

    Attributes:
        faults: One line for each broken law.
    """

    statuses: Counter[int] = field(default_factory=Counter)
    cases: int = 0
    closed: int = 0
    faults: list[str] = field(default_factory=list)
    seconds: float = 0.0

    def __str__(self) -> str:
        statuses = ", ".join(f"{status}: {count}" for status, count in sorted(self.statuses.items()))
        rate = self.cases / self.seconds if self.seconds else 0
        return f"{self.cases} cases in {self.seconds:.0f} s, {rate:.0f}/s; {statuses}; closed unanswered: {self.closed}"


class Fuzz:
    """A run against one service.

    Args:
        url: Address of the service.
        seed: Decides every case.
        failures: Folder for the bytes of cases that break a law.
    """

    def __init__(self, url: str, seed: int, failures: Path) -> None:
        self.tally = Tally()
        self._url, self._seed, self._failures = httpx.URL(url), seed, failures
        self._samples: Sequence[Request] = samples(url)
        self._next = 0

    async def run(self, *, requests: int | None = None, seconds: float = 1e9, connections: int = 32) -> Tally:
        """Send cases until there were so many, or so many seconds are over."""
        began = time.monotonic()
        first = await self._good_answer()

        async def work() -> None:
            while time.monotonic() - began < seconds and (requests is None or self._next < requests):
                async with connected(self._url) as wire:
                    while await self._send_next(wire) and (requests is None or self._next < requests):
                        pass

        async def watch() -> None:
            while True:
                await asyncio.sleep(1)
                await self._check_good(first)

        watching = asyncio.create_task(watch())
        await asyncio.gather(*(work() for _ in range(connections)))
        watching.cancel()
        await self._check_good(first)
        self.tally.seconds += time.monotonic() - began
        return self.tally

    def case(self, number: int) -> Case:
        """Return a case by its number."""
        return make_case(self._samples, random.Random(f"{self._seed} {number}"))

    async def _send_next(self, wire: Wire) -> bool:
        """Send the next case, and tell whether another may follow on the connection."""
        number, self._next = self._next, self._next + 1
        case = self.case(number)
        end = await wire.exchange(case, PATIENCE_S, LIMIT_S)
        self._count(number, case, end)
        is_whole = len(end.statuses) == case.answers and not case.is_half_closed
        return is_whole and wire.is_reusable and not case.data.startswith(b"HEAD")

    def _count(self, number: int, case: Case, end: End) -> None:
        self.tally.cases += 1
        self.tally.statuses.update(end.statuses)
        self.tally.closed += not end.statuses
        bad = [status for status in end.statuses if status >= 500 and status not in UNAVAILABLE]
        if bad or end.is_hanging:
            path = self._failures / f"seed-{self._seed}-case-{number}.bin"
            path.write_bytes(case.data)
            self.tally.faults.append(f"case {number}: {bad or 'hangs'}, {path}: {case.data[:150]!r}")

    async def _check_good(self, first: str) -> None:
        answer = await self._good_answer()
        if answer not in {first, "503"}:
            self.tally.faults.append(f"a good picture: {answer} instead of {first}")

    async def _good_answer(self) -> str:
        async with httpx.AsyncClient(timeout=LIMIT_S) as client:
            try:
                response = await client.post(self._url.join("/predict"), content=grey(90))
            except httpx.TransportError as error:
                return repr(error)
        return response.text if response.status_code == 200 else str(response.status_code)


@asynccontextmanager
async def connected(url: httpx.URL) -> AsyncIterator[Wire]:
    """Connect to a service."""
    _, wire = await asyncio.get_running_loop().create_connection(Wire, url.host, url.port or 80)
    try:
        yield wire
    finally:
        wire.abort()


def settled_bytes(pid: int, bound: int, seconds: float = 20.0) -> int:
    """Return the memory of the processes as soon as it is within a bound, or at the latest after some seconds."""
    end = time.monotonic() + seconds
    while (held := memory_bytes(pid)) > bound and time.monotonic() < end:
        time.sleep(0.2)
    return held


def replay(url: str, data: bytes) -> End:
    """Send the bytes of a case again."""

    async def send() -> End:
        async with connected(httpx.URL(url)) as wire:
            return await wire.exchange(Case(data, 1, is_half_closed=False), PATIENCE_S, LIMIT_S)

    return asyncio.run(send())


@click.command(help=__doc__)
@click.option("--url", required=True, help="Address of the service.")
@click.option("--pid", type=int, help="Its process, whose memory is then checked.")
@click.option("--requests", type=int, default=10_000, show_default=True, help="Number of cases.")
@click.option("--connections", type=int, default=32, show_default=True, help="Connections at a time.")
@click.option("--seed", type=int, default=0, show_default=True, help="Decides the cases.")
@click.option("--failures", type=click.Path(path_type=Path, exists=True), default=".", help="Folder for broken laws.")
@click.option("--replay", "replayed", type=click.Path(path_type=Path, exists=True), help="Send this file only.")
def main(  # noqa: PLR0913, PLR0917  the options
    url: str, pid: int | None, requests: int, connections: int, seed: int, failures: Path, replayed: Path | None
) -> None:
    """Send and print."""
    if replayed:
        click.echo(replay(url, replayed.read_bytes()))
        return
    fuzz = Fuzz(url, seed, failures)
    asyncio.run(fuzz.run(requests=min(WARM_UP, requests), connections=connections))
    before = memory_bytes(pid) if pid else 0
    tally = asyncio.run(fuzz.run(requests=requests, connections=connections))
    click.echo(f"seed {seed}: {tally}")
    if pid:
        after = settled_bytes(pid, before + BACK_MIB * MIB)
        click.echo(f"memory: {before // MIB} -> {after // MIB} MiB")
        if after - before > BACK_MIB * MIB:
            tally.faults.append(f"memory: {(after - before) // MIB} MiB more")
    click.echo("\n".join(tally.faults) or "every law held")
    sys.exit(bool(tally.faults))


if __name__ == "__main__":
    main()
