"""The lines of README and guide, run as they stand against the real server and store."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image

from tests.e2e.conftest import Cells, Server

ROOT = Path(__file__).parents[2]
DOCUMENTS = ("README.md", "docs/guide/evaluate.md", "docs/guide/commands.md")
COMMANDS = re.compile(r"^(?:curl|fullcount (?:predict|evaluate|models (?:list|verify))) .*$", re.MULTILINE)
PROGRAMS = re.compile(r"^```python\n(.*?)^```", re.MULTILINE | re.DOTALL)
LINES = sorted({line for name in DOCUMENTS for line in COMMANDS.findall((ROOT / name).read_text(encoding="utf-8"))})
README = (ROOT / "README.md").read_text(encoding="utf-8")
GUIDE = (ROOT / "docs/guide/python.md").read_text(encoding="utf-8")
MAY_FAIL = {"--min"}
"""Options with which a line exits with 1 for a model that is not good enough."""


@pytest.fixture
def here(cells: Cells, held_out_zip: bytes, store: Path, tmp_path: Path) -> Path:
    """Lay out the files that the documents speak of."""
    images = sorted((cells.root / "test").rglob("*.png"))
    for name, source in (("cat.jpg", images[0]), ("dog.jpg", images[-1])):
        with Image.open(source) as image:
            image.save(tmp_path / name)
    for name in ("holiday", "held-out"):
        shutil.copytree(cells.root / "test", tmp_path / name)
    (tmp_path / "test.zip").write_bytes(held_out_zip)
    paths = [image.relative_to(cells.root / "test").as_posix() for image in images]
    table = "\n".join(["file,verdict", *(f"{path},{path.partition('/')[0]}" for path in paths), ""])
    for folder in (tmp_path, tmp_path / "held-out"):
        (folder / "experts.csv").write_text(table, encoding="utf-8")
    (tmp_path / "corrections.csv").write_text(f"path,was,should_be,why\n{paths[0]},defective,functional,\n")
    shutil.copytree(store, tmp_path / "models")
    return tmp_path


def as_run(text: str, server: Server) -> str:
    """Return a line or a program with the server, the labels and the versions that there are here."""
    replacements = {
        "http://localhost:8000": server.url,
        "recall[cat]": "recall[defective]",
        "--version 4 --against 3": "--version 1 --against 1",
        "fullcount ": f"{Path(sys.executable).with_name('fullcount')} ",
    }
    for written, here in replacements.items():
        text = text.replace(written, here)
    return text.replace("curl ", "curl -sS --fail-with-body ")


def test_the_readme_has_a_line_for_each_of_the_uses() -> None:
    curls = re.findall(r"^curl .*$", README, re.MULTILINE)
    assert [line.rsplit("/", 1)[1] for line in curls] == [
        "predict",
        "predict?explain=true' > why.png",
        "batch",
        "evaluate",
        "evaluate > report.html",
    ]


@pytest.mark.parametrize("line", LINES)
def test_each_line_does_what_the_document_says(line: str, here: Path, server: Server) -> None:
    bash = ["bash", "-c", as_run(line, server)]
    wide = os.environ | {"COLUMNS": "120"}  # so that no table breaks a name
    done = subprocess.run(bash, cwd=here, env=wide, capture_output=True, text=True, check=False, timeout=120)
    allowed = {0, 1} if MAY_FAIL & set(line.split()) else {0}
    assert done.returncode in allowed, done.stdout + done.stderr
    if line.endswith("why.png"):
        with Image.open(here / "why.png") as picture:
            assert (picture.format, picture.size) == ("PNG", (224, 224))
        return
    if "--output results.csv" in line:  # a folder and a zip of the same images
        assert (here / "results.csv").read_text(encoding="utf-8").count(",scored,") == 2 * 158
        return
    report = here / "report.html"
    shown = report.read_text(encoding="utf-8") if report.exists() else done.stdout
    assert ("158" if "evaluate" in line else "solar-cells") in shown
    assert (here / "evaluation.xml").exists() == ("--junit" in line)


def test_the_programs_of_the_guide_print_answers(here: Path, server: Server) -> None:
    asks, session, _, store = PROGRAMS.findall(GUIDE)
    first, second, third = output_of(as_run(asks, server), here)
    assert first.split()[0] in {"functional", "defective"}
    assert second == "2 of 2"
    assert "'images': 158" in third
    assert output_of(session, here)[-1] == "2 of 2"
    assert output_of(store, here) == ["solar-cells [1] {}"]


def output_of(program: str, here: Path) -> list[str]:
    """Run a program in a folder and return the lines it prints."""
    done = subprocess.run([sys.executable, "-c", program], cwd=here, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()
