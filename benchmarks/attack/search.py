"""A search for pictures that cost much: change those that cost most, and keep what costs more.

Run: `python -m benchmarks.attack.search --minutes 5 --folder /tmp/hostile`. For each format it writes the files that
took most time and those that took most memory, and a table of them. Each file is decoded in a process of its own with
limits. The table says what a decoder takes at most as far as a search can tell; it proves nothing.
"""

import random
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Final, NamedTuple

import click

from benchmarks.attack.costs import Cost, Meter
from benchmarks.attack.mutation import MAX_BYTES, mutated
from benchmarks.attack.parts import FORMATS
from benchmarks.attack.seeds import seeds

KEPT: Final = 14
"""Files that are kept for their time, and as many for their memory."""
ALIKE: Final = 3
"""Files of the same cost and the same end that are kept: other ways to cost as much are worth more."""


class Found(NamedTuple):
    """A file and what it costs."""

    cost: Cost
    data: bytes

    @property
    def kind(self) -> tuple[str, int, int]:
        """What those have in common that are alike."""
        return self.cost.end, round(self.cost.seconds * 5), round(self.cost.mib / 32)


class Search:
    """The files of one format that cost most."""

    def __init__(self, format_: str, meter: Meter, folder: Path, generator: random.Random) -> None:
        self._format, self._meter, self._folder, self._generator = format_, meter, folder, generator
        self._trial = folder / ".trial"
        self.found: list[Found] = []
        self.tried = 0

    def begin(self) -> None:
        """Measure the seeds."""
        for data in seeds(self._format):
            self._try(data[:MAX_BYTES])
            self.write()

    def step(self) -> None:
        """Change one of the files that cost most, and measure it."""
        parent, donor = self._generator.choice(self.found), self._generator.choice(self.found)
        self._try(mutated(parent.data, donor.data, self._format, self._generator))
        if self.tried % 20 == 0:
            self.write()

    def write(self) -> str:
        """Write the files and their table, and return the table."""
        lines = [f"{self._format}: {self.tried} files tried", f"{'file':12} {'bytes':>10} {'s':>7} {'MiB':>7}  end"]
        for old in self._folder.glob("*.bin"):
            old.unlink()
        for number, one in enumerate(sorted(self.found, key=lambda found: -found.cost.share)):
            path = self._folder / f"{number:02}.bin"
            path.write_bytes(one.data)
            cost = one.cost
            lines.append(f"{path.name:12} {len(one.data):10} {cost.seconds:7.2f} {cost.mib:7.0f}  {cost.end}")
        table = "\n".join(lines) + "\n"
        (self._folder / "table.txt").write_text(table)
        return table

    def _try(self, data: bytes) -> None:
        self.tried += 1
        self._trial.write_bytes(data)
        found = Found(self._meter.measure(self._trial), data)
        if Counter(one.kind for one in self.found)[found.kind] < ALIKE:
            self.found = list(_worst([*self.found, found]))


def _worst(found: list[Found]) -> Iterator[Found]:
    by_time = sorted(found, key=lambda one: -one.cost.seconds)
    yield from by_time[:KEPT]
    yield from sorted(by_time[KEPT:], key=lambda one: -one.cost.mib)[:KEPT]


@click.command(help=__doc__)
@click.option("--format", "formats", multiple=True, type=click.Choice(list(FORMATS)), default=list(FORMATS))
@click.option("--minutes", type=float, default=5.0, show_default=True, help="Minutes for each format, after the seeds.")
@click.option("--folder", type=click.Path(path_type=Path), required=True, help="Where the worst files are written.")
@click.option("--seed", type=int, default=0, show_default=True, help="Decides the changes.")
def main(formats: tuple[str, ...], minutes: float, folder: Path, seed: int) -> None:
    """Search and print."""
    with Meter() as meter:
        for format_ in formats:
            (folder / format_).mkdir(parents=True, exist_ok=True)
            search = Search(format_, meter, folder / format_, random.Random(seed))
            search.begin()
            end = time.monotonic() + minutes * 60
            while time.monotonic() < end:
                search.step()
            print(search.write(), flush=True)


if __name__ == "__main__":
    main()
