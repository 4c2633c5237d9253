"""Lays out the catalogue of backbones for `fullcount train --backbone list`."""

from rich.table import Table
from rich.text import Text

from training.backbones.catalogue import BACKBONES, Backbone
from training.backbones.names import DEFAULT


def backbones_table() -> Table:
    """Return a table of all backbones: input, parameters, ImageNet weights and their source."""
    caption = (
        "Keras downloads weights at first use. Offline, use --weights with the file that docs/reference/backbones.md "
        "names."
    )
    table = Table(title="Backbones", title_justify="left", caption=caption, caption_justify="left")
    table.add_column("backbone")
    for column in ("input", "parameters", "weights"):
        table.add_column(column, justify="right")
    table.add_column("from")
    for backbone in BACKBONES.values():
        table.add_row(*map(Text, _cells(backbone)))
    return table


def _cells(backbone: Backbone) -> tuple[str, ...]:
    return (
        f"{backbone.name} (default)" if backbone.name == DEFAULT else backbone.name,
        str(backbone.size),
        f"{backbone.parameters / 1e6:.1f} M",
        f"{backbone.weights_bytes / 1e6:,.0f} MB",
        backbone.weights_from,
    )
