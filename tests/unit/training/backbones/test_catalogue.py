import subprocess
import sys

from rich.console import Console

from training.backbones.catalogue import BACKBONES
from training.backbones.names import DEFAULT
from training.backbones.table import backbones_table


def printed(width: int) -> str:
    console = Console(width=width)
    with console.capture() as capture:
        console.print(backbones_table())
    return capture.get()


def test_the_table_has_a_row_for_every_backbone() -> None:
    lines = printed(100).splitlines()
    for backbone in BACKBONES.values():
        (row,) = [line for line in lines if f" {backbone.name} " in line]
        assert f" {backbone.size} " in row
        assert f" {backbone.weights_from} " in row


def test_the_table_marks_the_default() -> None:
    (row,) = [line for line in printed(100).splitlines() if "(default)" in line]
    assert DEFAULT in row


def test_on_eighty_columns_each_backbone_has_one_line() -> None:
    rows = [line for line in printed(80).splitlines() if " MB " in line]
    assert [row.split()[1] for row in rows] == list(BACKBONES)
    assert len([line for line in printed(80).splitlines() if line.startswith("│")]) == len(rows)


def test_a_weights_file_holds_four_bytes_a_parameter_and_a_little_more() -> None:
    for backbone in BACKBONES.values():
        if backbone.weights_from == "download":
            assert 1 < backbone.weights_bytes / (4 * backbone.parameters) < 1.16  # a small network has as many names


def test_the_table_needs_no_tensorflow() -> None:
    code = "import sys, training.backbones.table as t; t.backbones_table(); sys.exit('tensorflow' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
