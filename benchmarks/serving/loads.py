"""The loads, and wrk, which makes them: requests per second, percentiles, errors.

wrk adds samples to its latencies to correct for what it calls coordinated omission: a slow answer counts once more for
each time the mean fits into it. A client that waits for its answer has no such omission, so they are taken out again.
"""

import json
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

SCRIPT: Final = Path(__file__).with_name("random_body.lua")
TIMEOUT_S: Final = 60
LOAD_TIMEOUT_S: Final = 120
"""For wrk to end after its time."""


@dataclass(frozen=True)
class Load:
    """So many connections, each of which sends the next picture when it has the answer to the last."""

    size: str
    connections: int

    @property
    def name(self) -> str:
        """The name in the results."""
        return f"{self.size} c={self.connections}"


LOADS: Final = (Load("small", 1), Load("small", 8), Load("small", 32), Load("small", 64), Load("12MP", 8))
WARM_UP: Final = Load("small", 32)
WARM_UP_S: Final = 2


@dataclass(frozen=True)
class Target:
    """Where requests go, and in what form."""

    port: int
    path: str
    headers: dict[str, str]
    bodies: dict[str, list[Path]]
    """Of each size."""


class LoadFailed(Exception):
    """The client failed.

    Args:
        load: Its name.
        output: What wrk said.
    """

    def __init__(self, load: str, output: str) -> None:
        super().__init__(f"wrk failed with {load}: {output.strip()[-300:]}")


def run_load(wrk: str, target: Target, load: Load, seconds: float) -> dict[str, float]:
    """Send requests for a while.

    Returns:
        `images_per_second` that were answered well, `p50_ms`, `p99_ms`, `requests`, and `errors`: statuses other than
        2xx and 3xx, and failed or overdue connections.

    Raises:
        LoadFailed: wrk ended in another way.
    """
    options = ["-t1", f"-c{load.connections}", f"-d{round(seconds)}s", f"--timeout={TIMEOUT_S}s", f"-s{SCRIPT}"]
    headers = [f"{name}: {value}" for name, value in target.headers.items()]
    arguments = [target.path, *headers, *map(str, target.bodies[load.size])]
    command = [wrk, *options, f"http://127.0.0.1:{target.port}", "--", *arguments]
    try:
        run = subprocess.run(command, capture_output=True, text=True, timeout=seconds + LOAD_TIMEOUT_S, check=False)
    except subprocess.TimeoutExpired as error:
        raise LoadFailed(load.name, "it did not end") from error
    results = [line for line in run.stdout.splitlines() if line.startswith("RESULT ")]
    if run.returncode or not results:
        raise LoadFailed(load.name, run.stdout + run.stderr)
    return _figures(json.loads(results[0].removeprefix("RESULT ")), load.connections)


def _figures(raw: dict[str, Any], connections: int) -> dict[str, float]:
    requests, errors = raw["requests"], raw["statuses"] + raw["sockets"]
    samples = uncorrected(raw["latencies_us"], raw["duration_us"], requests // connections)
    if abs(sum(samples.values()) - requests) > raw["sockets"]:  # the correction is not the one that is undone
        raise LoadFailed("a histogram", f"{sum(samples.values())} latencies of {requests} requests")
    return {
        "images_per_second": (requests - raw["statuses"]) / raw["duration_us"] * 1e6,
        "p50_ms": percentile(samples, 0.5) / 1e3,
        "p99_ms": percentile(samples, 0.99) / 1e3,
        "requests": requests,
        "errors": errors,
    }


def uncorrected(pairs: list[list[int]], duration_us: int, requests_each: int) -> dict[int, int]:
    """Take out of a histogram what wrk's correction added.

    Args:
        pairs: Latency in microseconds, and how often.
        duration_us: Of the load.
        requests_each: Answers per connection, rounded down as wrk does.

    Returns:
        How often each latency was.
    """
    counts = {latency: count for latency, count in pairs}  # noqa: C416  mypy sees no pairs in lists
    if not requests_each:
        return counts
    expected = duration_us // requests_each
    for latency in sorted(counts, reverse=True):  # none above it can have added to it that was not undone
        if latency < 2 * expected or counts[latency] <= 0:
            continue
        for added in range(latency - expected, expected, -expected):
            counts[added] -= counts[latency]
    return {latency: count for latency, count in counts.items() if count > 0}


def percentile(samples: dict[int, int], share: float) -> float:
    """Return the latency that this share of the samples does not exceed; 0 where there is none."""
    left = share * sum(samples.values())
    for latency in sorted(samples):
        left -= samples[latency]
        if left <= 0:
            return latency
    return 0
