from pathlib import Path

from training.backbones.catalogue import BACKBONES

DOCUMENT = Path(__file__).parents[2] / "docs/reference/backbones.md"


def test_the_document_has_the_numbers_of_the_catalogue() -> None:
    rows = [
        line.strip("| ").split(" | ") for line in DOCUMENT.read_text(encoding="utf-8").splitlines() if " MB | " in line
    ]
    assert [row[0].removesuffix(" (default)") for row in rows] == [f"`{name}`" for name in BACKBONES]
    for (_, size, parameters, megabytes, file), backbone in zip(rows, BACKBONES.values(), strict=True):
        assert (size, parameters) == (str(backbone.size), f"{backbone.parameters:,}")
        assert megabytes == f"{backbone.weights_bytes / 1e6:,.0f} MB"
        assert file == f"`{backbone.weights_file}`"
