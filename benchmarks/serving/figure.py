"""The chart: images per second of every server at 32 connections, with the limits as lines."""

import textwrap
from pathlib import Path
from typing import Final

import matplotlib as mpl

mpl.use("Agg")
mpl.rcParams["svg.hashsalt"] = "fullcount"  # equal figures give equal files
from matplotlib import pyplot as plt  # noqa: E402  after the backend is chosen

from benchmarks.serving.servers import limit_of  # noqa: E402  as above
from benchmarks.serving.table import Results, limit_reader, median, reader  # noqa: E402  as above

COLORS: Final = {
    "limit-openvino-f32": "#1f77b4",
    "limit-openvino-bf16": "#2ca02c",
    "limit-openvino-int8": "#7b3294",
    "limit-tensorflow-f32": "#ff7f0e",
}
"""Colour of each engine, by the name of its limit."""


def draw(results: Results, path: Path) -> None:
    """Draw the chart into a file whose name ends in .svg or .png."""
    read = reader("c=32")
    rates = {name: rate for name in results if "limit" not in name and (rate := median(results, name, read))}
    ordered = sorted(rates, key=rates.__getitem__)
    figure, axes = plt.subplots(figsize=(9, 1.2 + 0.36 * len(ordered)), layout="constrained")
    colors = [COLORS[limit_of(name)] for name in ordered]
    bars = axes.barh(ordered, [rates[name] for name in ordered], color=colors)
    axes.bar_label(bars, fmt="%.0f", padding=3)
    for limit, color in COLORS.items():
        value = median(results, limit, limit_reader(results, limit, "small"))
        if value is not None:
            axes.axvline(value, color=color, linestyle="--", label=f"{limit}: {value:.0f}")
    axes.set_xlabel("images per second, one JPEG of 500x375 a request, 32 connections")
    axes.set_title(textwrap.fill("Served images per second; dashed: the engine alone, from the same JPEG bytes", 80))
    axes.spines[["top", "right"]].set_visible(False)
    figure.legend(loc="outside lower center", ncols=len(COLORS), frameon=False)
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, metadata={"Date": None} if path.suffix == ".svg" else None, dpi=150)
    plt.close(figure)
