"""Odd pictures, one after the other, to a running service: which are answered, which are refused and for what reason.

Run: `python -m benchmarks.attack.odd --url URL --folder /tmp/odd/files --table /tmp/odd/answers.tsv`, after
`python -m benchmarks.attack.collect`. Prints the number of each answer, one example of each reason in words, and the
slowest. Every reason is to be true; the table has a line for each file, to be read. The exit status is 1 if an answer
is a failure of the service, or takes 2 s.
"""

import re
import sys
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Final, NamedTuple

import click
import httpx

MAX_SECONDS: Final = 2.0
_VALUES: Final = re.compile(r"[\d.]+|'[^']*'|\([^)]*\)")
"""What differs between sentences that say the same."""


class Answer(NamedTuple):
    """What the service said to a file."""

    path: str
    status: int
    reason: str
    detail: str
    seconds: float

    @property
    def is_fault(self) -> bool:
        """True if the service failed or was slow."""
        return self.status >= 500 or self.seconds >= MAX_SECONDS

    @property
    def kind(self) -> str:
        """What was said, without the numbers of the file."""
        return f"{self.status} {self.reason:20} {_VALUES.sub('…', self.detail)}"


def ask(url: str, folder: Path) -> Iterator[Answer]:
    """Send every file below a folder, and yield the answers."""
    with httpx.Client(base_url=url, timeout=60) as client:
        for path in sorted(one for one in folder.rglob("*") if one.is_file()):
            began = time.monotonic()
            response = client.post("/predict", content=path.read_bytes())
            seconds = time.monotonic() - began
            said = response.json()
            reason = said.get("reason") or said.get("type", "answered").rpartition("/")[2]
            name = path.relative_to(folder).as_posix()
            yield Answer(name, response.status_code, reason, " ".join(said.get("detail", "").split()), seconds)


@click.command(help=__doc__)
@click.option("--url", required=True, help="Address of the service.")
@click.option("--folder", type=click.Path(path_type=Path, exists=True), required=True, help="Folder of pictures.")
@click.option("--table", type=click.Path(path_type=Path), required=True, help="File for a line per picture.")
def main(url: str, folder: Path, table: Path) -> None:
    """Send, write and print."""
    answers = list(ask(url, folder))
    rows = (f"{one.path}\t{one.status}\t{one.reason}\t{one.seconds:.3f}\t{one.detail}\n" for one in answers)
    table.write_text("".join(rows))
    print(f"{len(answers)} files: {dict(Counter(one.reason for one in answers).most_common())}")
    examples = {one.kind: one.path for one in answers}
    for kind, count in Counter(one.kind for one in answers).most_common():
        print(f"{count:5}  {kind}  ({examples[kind]})")
    for one in sorted(answers, key=lambda one: -one.seconds)[:5]:
        print(f"{one.seconds:.2f} s  {one.path}: {one.status} {one.reason}")
    faults = [one for one in answers if one.is_fault]
    for one in faults:
        print(f"FAULT  {one}")
    sys.exit(bool(faults))


if __name__ == "__main__":
    main()
