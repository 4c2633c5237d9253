"""The service's Prometheus metrics, in a registry of their own."""

import asyncio
import os
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Final

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.multiprocess import MultiProcessCollector

CONTENT_TYPE: Final = "text/plain; version=0.0.4; charset=utf-8"
_SECONDS: Final = (0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30, 60, 300, 1800)
_LAG_SECONDS: Final = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1)
_LAG_EVERY_S: Final = 0.05
_SUM: Final = "livesum"
"""Aggregation of a gauge: the sum over living processes."""
_SIZES: Final = (1, 2, 4, 8, 16, 32, 64, 128)


class ServiceMetrics:
    """Counters, gauges and histograms of one application."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.requests = self._counter("requests_total", "Requests answered.", "method", "route", "status")
        self.request_seconds = self._histogram("request_seconds", "Time from the first byte to the last.", "route")
        self.requests_in_progress = self._level("requests_in_progress", "Requests under way.")
        self.images = self._counter("images_total", "Images by outcome: `scored` or a reason.", "outcome")
        self.stage_seconds = self._histogram("stage_seconds", "Time of one image in a stage.", "stage")
        self.loop_lag_seconds = self._histogram(
            "event_loop_lag_seconds", "Delay of the event loop, on which every request depends.", buckets=_LAG_SECONDS
        )
        self.batch_size = self._histogram("batch_size", "Images computed in one batch.", buckets=_SIZES)
        self.waiting = self._level("waiting_images", "Images waiting for the engine.")
        self.memory_total = self._level("memory_total_bytes", "Memory that requests may take together.")
        self.memory_taken = self._level("memory_taken_bytes", "Memory that requests have taken.")
        self.memory_waiting = self._level("memory_waiting_requests", "Requests waiting for memory.")
        self.loaded = Gauge(
            "fullcount_loaded_version",
            "Versions in memory.",
            ["model", "version", "engine", "device"],
            registry=self.registry,
            multiprocess_mode="livemax",
        )

    def _counter(self, name: str, meaning: str, *labels: str) -> Counter:
        return Counter(f"fullcount_{name}", meaning, labels, registry=self.registry)

    def _histogram(self, name: str, meaning: str, *labels: str, buckets: Sequence[float] = _SECONDS) -> Histogram:
        return Histogram(f"fullcount_{name}", meaning, labels, buckets=buckets, registry=self.registry)

    def _level(self, name: str, meaning: str) -> Gauge:
        """Make a gauge whose values are summed over all worker processes."""
        return Gauge(f"fullcount_{name}", meaning, registry=self.registry, multiprocess_mode=_SUM)

    async def watch_loop(self, levels: Mapping[Gauge, Callable[[], int]]) -> None:
        """Measure the event loop's delay and some levels until cancelled.

        Args:
            levels: Gauge → a function that returns its value now.
        """
        while True:
            due = time.perf_counter() + _LAG_EVERY_S
            await asyncio.sleep(_LAG_EVERY_S)
            self.loop_lag_seconds.observe(time.perf_counter() - due)
            for gauge, level in levels.items():
                gauge.set(level())

    def text(self) -> bytes:
        """Return all metrics in Prometheus' text format, summed over all worker processes."""
        if not _is_one_of_several():
            return generate_latest(self.registry)
        of_all = CollectorRegistry()
        MultiProcessCollector(of_all)  # type: ignore[no-untyped-call]
        return generate_latest(of_all)

    def forget(self, *labels: str) -> None:
        """Remove a version from the loaded ones."""
        self.loaded.labels(*labels).set(0)
        if not _is_one_of_several():  # files that processes share keep their labels
            self.loaded.remove(*labels)


def _is_one_of_several() -> bool:
    return "PROMETHEUS_MULTIPROC_DIR" in os.environ
