"""The service's Prometheus metrics, in a registry of their own."""

import asyncio
import os
import time
from collections.abc import Callable, Mapping
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
        self.requests = Counter(
            "fullcount_requests_total", "Requests answered.", ["method", "route", "status"], registry=self.registry
        )
        self.request_seconds = Histogram(
            "fullcount_request_seconds",
            "Time from the first byte to the last.",
            ["route"],
            buckets=_SECONDS,
            registry=self.registry,
        )
        self.requests_in_progress = Gauge(
            "fullcount_requests_in_progress", "Requests under way.", registry=self.registry, multiprocess_mode=_SUM
        )
        self.images = Counter(
            "fullcount_images_total",
            "Images by outcome: `scored` or a reason.",
            ["outcome"],
            registry=self.registry,
        )
        self.stage_seconds = Histogram(
            "fullcount_stage_seconds",
            "Time of one image in a stage.",
            ["stage"],
            buckets=_SECONDS,
            registry=self.registry,
        )
        self.loop_lag_seconds = Histogram(
            "fullcount_event_loop_lag_seconds",
            "Delay of the event loop, on which every request depends.",
            buckets=_LAG_SECONDS,
            registry=self.registry,
        )
        self.batch_size = Histogram(
            "fullcount_batch_size", "Images computed in one batch.", buckets=_SIZES, registry=self.registry
        )
        self.waiting = Gauge(
            "fullcount_waiting_images",
            "Images waiting for the engine.",
            registry=self.registry,
            multiprocess_mode=_SUM,
        )
        self.memory_total = Gauge(
            "fullcount_memory_total_bytes",
            "Memory that requests may take together.",
            registry=self.registry,
            multiprocess_mode=_SUM,
        )
        self.memory_taken = Gauge(
            "fullcount_memory_taken_bytes",
            "Memory that requests have taken.",
            registry=self.registry,
            multiprocess_mode=_SUM,
        )
        self.memory_waiting = Gauge(
            "fullcount_memory_waiting_requests",
            "Requests waiting for memory.",
            registry=self.registry,
            multiprocess_mode=_SUM,
        )
        self.loaded = Gauge(
            "fullcount_loaded_version",
            "Versions in memory.",
            ["model", "version", "engine", "device"],
            registry=self.registry,
            multiprocess_mode="livemax",
        )

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
