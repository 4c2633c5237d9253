"""The README's own lines, run as they stand against the real server."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image

from tests.e2e.conftest import Cells, Server

README = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")
CURLS = re.findall(r"^curl .*$", README, re.MULTILINE)
PYTHON = re.findall(r"^```python\n(.*?)^```", README, re.MULTILINE | re.DOTALL)
ADDRESS = "http://localhost:8000"


@pytest.fixture
def here(cells: Cells, held_out_zip: bytes, tmp_path: Path) -> Path:
    """Lay out the files that the README speaks of."""
    images = sorted((cells.root / "test").rglob("*.png"))
    shutil.copy(images[0], tmp_path / "cell.png")
    shutil.copy(images[-1], tmp_path / "other.png")
    (tmp_path / "test.zip").write_bytes(held_out_zip)
    return tmp_path


def test_there_is_a_line_for_each_of_the_uses() -> None:
    assert [line.rsplit("/", 1)[1] for line in CURLS] == [
        "predict",
        "predict?explain=true' > why.png",
        "batch",
        "evaluate",
        "evaluate > report.html",
    ]


@pytest.mark.parametrize("line", CURLS)
def test_each_curl_line_is_answered(line: str, here: Path, server: Server) -> None:
    command = line.replace(ADDRESS, server.url).replace("curl", "curl -sS --fail-with-body", 1)
    done = subprocess.run(["bash", "-c", command], cwd=here, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    if line.endswith("why.png"):
        with Image.open(here / "why.png") as picture:
            assert (picture.format, picture.size) == ("PNG", (224, 224))
        return
    answer = done.stdout or (here / "report.html").read_text(encoding="utf-8")
    assert "solar-cells" in answer


def test_the_python_lines_print_answers(here: Path, server: Server) -> None:
    (program,) = PYTHON
    command = [sys.executable, "-c", program.replace(ADDRESS, server.url)]
    done = subprocess.run(command, cwd=here, capture_output=True, text=True, check=True)
    first, second, third = done.stdout.splitlines()
    assert first.split()[0] in {"functional", "defective"}
    assert second == "2 of 2"
    assert "'images': 158" in third
