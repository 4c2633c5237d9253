"""What the service counts, as Prometheus metrics with a registry of their own."""

import asyncio
import time
from typing import Final

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

CONTENT_TYPE: Final = "text/plain; version=0.0.4; charset=utf-8"
_SECONDS: Final = (0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30, 60, 300, 1800)
_LAG_SECONDS: Final = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1)
_LAG_EVERY_S: Final = 0.05
_SIZES: Final = (1, 2, 4, 8, 16, 32, 64, 128)


class Metrics:
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
            "fullcount_requests_in_progress", "Requests under way.", registry=self.registry
        )
        self.images = Counter(
            "fullcount_images_total", "Images by outcome: `scored`, or why not.", ["outcome"], registry=self.registry
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
            "How late the event loop, on which every request depends, does what is due.",
            buckets=_LAG_SECONDS,
            registry=self.registry,
        )
        self.batch_size = Histogram(
            "fullcount_batch_size", "Images computed at once.", buckets=_SIZES, registry=self.registry
        )
        self.waiting = Gauge("fullcount_waiting_images", "Images waiting for the engine.", registry=self.registry)
        self.loaded = Gauge(
            "fullcount_loaded_version",
            "Versions in memory.",
            ["model", "version", "engine", "device"],
            registry=self.registry,
        )

    async def watch_loop(self) -> None:
        """Measure how late the running event loop is, until cancelled."""
        while True:
            due = time.perf_counter() + _LAG_EVERY_S
            await asyncio.sleep(_LAG_EVERY_S)
            self.loop_lag_seconds.observe(time.perf_counter() - due)

    def text(self) -> bytes:
        """Return everything in Prometheus' text format."""
        return generate_latest(self.registry)
