"""The loads and wrk, which generates them: requests per second, percentiles, errors.

wrk corrects its latencies for coordinated omission: it adds samples to a slow response, one for each time that the mean
fits into it. A client that waits for its response has no such omission, so these samples are removed again.
"""

import json
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

SCRIPT: Final = Path(__file__).with_name("random_body.lua")
TIMEOUT_S: Final = 60
LOAD_TIMEOUT_S: Final = 120
"""Seconds that wrk may take beyond its load."""


@dataclass(frozen=True)
class Load:
    """A number of connections, each of which sends the next picture once it has the response to the last."""

    size: str
    connections: int

    @property
    def name(self) -> str:
        """The load's name in the results."""
        return f"{self.size} c={self.connections}"


LOADS: Final = (Load("small", 1), Load("small", 8), Load("small", 32), Load("small", 64), Load("12MP", 8))
WARM_UP: Final = Load("small", 32)
WARM_UP_S: Final = 2


@dataclass(frozen=True)
class Target:
    """The address and the form of requests."""

    port: int
    path: str
    headers: dict[str, str]
    bodies: dict[str, list[Path]]
    """Files of the bodies, by size."""


class LoadFailed(Exception):
    """The client failed.

    Args:
        load: Name of the load.
        output: Output of wrk.
    """

    def __init__(self, load: str, output: str) -> None:
        super().__init__(f"wrk failed with {load}: {output.strip()[-300:]}")


def run_load(wrk: str, target: Target, load: Load, seconds: float) -> dict[str, float]:
    """Send requests for a number of seconds.

    Returns:
        `images_per_second` of successful responses, `p50_ms`, `p99_ms`, `requests`, and `errors`: statuses other than
        2xx and 3xx, and connections that failed or timed out.

    Raises:
        LoadFailed: If wrk fails or does not end.
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
    if abs(sum(samples.values()) - requests) > raw["sockets"]:  # wrk's correction is not the one undone here
        raise LoadFailed("a histogram", f"{sum(samples.values())} latencies of {requests} requests")
    return {
        "images_per_second": (requests - raw["statuses"]) / raw["duration_us"] * 1e6,
        "p50_ms": percentile(samples, 0.5) / 1e3,
        "p99_ms": percentile(samples, 0.99) / 1e3,
        "requests": requests,
        "errors": errors,
    }


def uncorrected(pairs: list[list[int]], duration_us: int, requests_each: int) -> dict[int, int]:
    """Remove the samples that wrk's correction added to a histogram.

    Args:
        pairs: Latencies in microseconds, with their counts.
        duration_us: Duration of the load.
        requests_each: Responses per connection, rounded down as in wrk.

    Returns:
        The true count of each latency.
    """
    counts = {latency: count for latency, count in pairs}  # noqa: C416  mypy sees no pairs in lists
    if not requests_each:
        return counts
    expected = duration_us // requests_each
    for latency in sorted(counts, reverse=True):  # the samples that higher latencies added are already removed
        if latency < 2 * expected or counts[latency] <= 0:
            continue
        for added in range(latency - expected, expected, -expected):
            counts[added] -= counts[latency]
    return {latency: count for latency, count in counts.items() if count > 0}


def percentile(samples: dict[int, int], share: float) -> float:
    """Return the latency that this share of the samples does not exceed; 0 without samples."""
    left = share * sum(samples.values())
    for latency in sorted(samples):
        left -= samples[latency]
        if left <= 0:
            return latency
    return 0
