"""The measurements as Markdown: medians, and medians of the ratios within one repetition."""

import statistics
from collections.abc import Callable
from typing import Any, Final

from benchmarks.serving.servers import PEER_SERVERS, VARIANTS, limit_of

Results = dict[str, dict[str, dict[str, Any]]]
"""Results of `Bench.measure` by name and repetition."""
Read = Callable[[dict[str, Any]], float]

REFERENCE: Final = "small c=32"
COLUMNS: Final = {
    "c=1": ("small c=1", "images_per_second"),
    "c=8": ("small c=8", "images_per_second"),
    "c=32": (REFERENCE, "images_per_second"),
    "c=64": ("small c=64", "images_per_second"),
    "12MP c=8": ("12MP c=8", "images_per_second"),
    "p50 ms c=1": ("small c=1", "p50_ms"),
    "p99 ms c=1": ("small c=1", "p99_ms"),
    "p99 ms c=32": (REFERENCE, "p99_ms"),
}
COMPARED: Final = ("c=1", "c=8", "c=32", "c=64", "12MP c=8", "p50 ms c=1")


def print_tables(about: dict[str, Any], results: Results) -> None:
    """Print the table of all measurements, Fullcount against each peer, and the failures."""
    repetitions = max((len(runs) for runs in results.values()), default=0)
    print(f"\n{about['model']}; {about['cores']} cores, {about['machine']}; medians of {repetitions} interleaved")
    print(f"repetitions of {about['seconds']:g} s, images per second unless stated; MB are PSS of all processes.")
    busy = [run["busy_before"] for runs in results.values() for run in runs.values()]
    print(
        f"Of all cores, others used {statistics.median(busy):.0%} just before a measurement, {max(busy):.0%} at most.\n"
    )
    _print_main(results)
    _print_comparison(results)
    _print_failures(results)


def best_peers(results: Results, count: int) -> list[str]:
    """Return the plain peers with the most images per second at 32 connections, best first."""
    read = reader("c=32")
    rates = {name: value for name in PEER_SERVERS if (value := median(results, name, read)) is not None}
    return sorted(rates, key=rates.__getitem__, reverse=True)[:count]


def reader(column: str) -> Read:
    """Return a function that reads a column's figure from one measurement of a server."""
    load, figure = COLUMNS[column]
    return lambda run: float(run["loads"][load][figure])


def limit_reader(results: Results, limit: str, size: str) -> Read:
    """Return a function that reads the limit from one measurement: the best way over all repetitions."""

    def reading(way: str) -> Read:
        return lambda run: float(run[size][way])

    def typical(way: str) -> float:
        return median(results, limit, reading(way)) or 0

    return reading(max(_ways(results, limit, size), key=typical, default=""))


def median(results: Results, name: str, read: Read) -> float | None:
    """Return the median over the successful repetitions, or None if all failed."""
    values = [read(run) for run in results.get(name, {}).values() if "failed" not in run]
    return statistics.median(values) if values else None


def ratio(results: Results, one: tuple[str, Read], other: tuple[str, Read]) -> float | None:
    """Return the median of the ratios of two figures measured in the same repetition."""
    (name, read), (other_name, other_read) = one, other
    ratios = []
    for repetition, run in results.get(name, {}).items():
        other_run = results.get(other_name, {}).get(repetition, {"failed": ""})
        if "failed" not in run and "failed" not in other_run and other_read(other_run):
            ratios.append(read(run) / other_read(other_run))
    return statistics.median(ratios) if ratios else None


def _ways(results: Results, limit: str, size: str) -> list[str]:
    return [*next((run[size] for run in results.get(limit, {}).values() if "failed" not in run), {})]


def _print_main(results: Results) -> None:
    print(f"| | {' | '.join(COLUMNS)} | MB idle | MB peak | start s | of the limit, c=32 | of the best peer, c=32 |")
    print("|---" * (len(COLUMNS) + 6) + "|")
    best = best_peers(results, 1)
    for name in results:
        if all("failed" in run for run in results[name].values()):
            reason = next(iter(results[name].values()))["failed"]
            print(f"| {name} | failed: {reason} |" + " |" * (len(COLUMNS) + 4))
        elif name.startswith("limit-"):
            print(_limit_row(results, name))
        else:
            print(_server_row(results, name, best))


def _limit_row(results: Results, name: str) -> str:
    small, large = (_text(median(results, name, limit_reader(results, name, size))) for size in ("small", "12MP"))
    alone = median(results, name, lambda run: float(run["small alone_ms"]))
    return f"| {name} | | | {small} | | {large} | {_text(alone)} |" + " |" * (len(COLUMNS) - 1)


def _server_row(results: Results, name: str, best: list[str]) -> str:
    cells = [_text(median(results, name, reader(column))) for column in COLUMNS]
    cells += [
        _text(median(results, name, lambda run: float(run["idle_mb"])), 0),
        _text(median(results, name, lambda run: float(run["peak_mb"])), 0),
        _text(median(results, name, lambda run: float(run["start_s"]))),
    ]
    read, limit = reader("c=32"), limit_of(name)
    cells.append(_text(ratio(results, (name, read), (limit, limit_reader(results, limit, "small"))), 2))
    cells.append(_text(ratio(results, (name, read), (best[0], read)), 2) if best else "")
    return f"| {name}{_errors(results, name)} | {' | '.join(cells)} |"


def _errors(results: Results, name: str) -> str:
    runs = [run for run in results[name].values() if "failed" not in run]
    errors = sum(load["errors"] for run in runs for load in run["loads"].values())
    return f" ({errors:.0f} ERRORS)" if errors else ""


def _print_comparison(results: Results) -> None:
    """Print each Fullcount against its limit and against the best peers, plain and with its engine."""
    peers = best_peers(results, 2)
    others = [*peers, *(name for name in results if name.endswith(tuple(f"-{variant}" for variant in VARIANTS)))]
    print("\nMedians of the ratios within a repetition; for times, less than 1 is better.\n")
    print(f"| | {' | '.join(COMPARED)} |")
    print("|---" * (len(COMPARED) + 1) + "|")
    for name in (name for name in results if name.startswith("fullcount-")):
        limit = limit_of(name)
        cells = [
            _text(ratio(results, (name, reader(column)), (limit, _limit_for(results, limit, column))), 2)
            for column in COMPARED
        ]
        print(f"| {name} / {limit} | {' | '.join(cells)} |")
        for other in others:
            cells = [_text(ratio(results, (name, reader(column)), (other, reader(column))), 2) for column in COMPARED]
            print(f"| {name} / {other} | {' | '.join(cells)} |")


def _limit_for(results: Results, limit: str, column: str) -> Read:
    """Return a function that reads a column's limit; for one connection, that of one image without load."""
    if column == "p50 ms c=1":
        return lambda run: float(run["small alone_ms"])
    if column == "c=1":
        return lambda run: 1e3 / float(run["small alone_ms"])
    return limit_reader(results, limit, "12MP" if column.startswith("12MP") else "small")


def _print_failures(results: Results) -> None:
    for name, runs in results.items():
        for repetition, run in runs.items():
            if "failed" in run:
                print(f"\n{name} failed in repetition {int(repetition) + 1}: {run['failed']}")


def _text(value: float | None, digits: int = 1) -> str:
    return "" if value is None else f"{value:,.{digits}f}"
