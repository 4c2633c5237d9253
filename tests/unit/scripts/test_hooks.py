"""Large files and long lines are found and named; what cannot be broken may be long."""

from pathlib import Path

import pytest

from scripts.hooks import large_files, long_lines

LONG = "word " * 30


@pytest.mark.parametrize(
    "text",
    [
        "x" * 120,
        f"| {LONG} |",
        f"```text\n{LONG}\n```",
        f"````markdown\n```\n{LONG}\n```\n{LONG}\n````",
        f"- {LONG} [a guide](guide.md)",
        f"See <https://example.org/{'x' * 120}>",
    ],
    ids=["120 columns", "table", "code", "code in code", "link", "address"],
)
def test_tables_code_and_links_may_be_long(text: str) -> None:
    assert list(long_lines.long_lines(text)) == []


def test_a_long_line_is_named_by_its_number(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    document = tmp_path / "guide.md"
    document.write_text(f"# Guide\n\n```\n{LONG}\n```\n\n{LONG}\n")
    assert long_lines.main([str(document)]) == 1
    assert capsys.readouterr().out == f"{document}:7: longer than 120 columns; break the line.\n"


def test_a_large_file_is_named_with_its_size(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    small, large = tmp_path / "small", tmp_path / "large"
    small.write_bytes(bytes(large_files.MAX_BYTES))
    large.write_bytes(bytes(large_files.MAX_BYTES + 1))
    assert large_files.main([str(small), *large_files.EXCEPTIONS]) == 0
    assert large_files.main([str(small), str(large)]) == 1
    assert capsys.readouterr().out.startswith(f"{large} has 200,001 bytes")
