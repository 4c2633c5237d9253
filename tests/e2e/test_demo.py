"""`make demo SERVE=0` from data to matrix, as a new user sees it."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
TIMEOUT_S = 1800
pytestmark = [pytest.mark.thorough, pytest.mark.timeout(TIMEOUT_S)]  # the other files here show parts of it sooner


@pytest.fixture(scope="module")
def output(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Run the demo in a folder of its own and return what it prints."""
    command = [sys.executable, "-m", "scripts.demo", "--no-serve", "--folder", str(tmp_path_factory.mktemp("demo"))]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=TIMEOUT_S)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_training_and_service_print_the_same_sum_and_matrix(output: str) -> None:
    assert output.count("158 files = 158 scored + 0 unreadable") == 2
    rows = re.findall(r"^│ (?:defective|functional) .*$", output, re.MULTILINE)
    assert rows[:2] == rows[2:]
    counts = [list(map(int, re.findall(r"\d+", row))) for row in rows[:2]]
    assert sum(sum(row[:-1]) for row in counts) == sum(row[-1] for row in counts) == 158


def test_the_accuracy_on_158_held_out_cells_is_above_80_percent(output: str) -> None:
    accuracy = re.search(r"^Accuracy (0\.\d+), 95% interval", output, re.MULTILINE)
    assert accuracy is not None, output
    assert float(accuracy[1]) >= 0.80


def test_the_broken_file_of_the_batch_fails_alone(output: str) -> None:
    assert output.count("not answered: ") == 1
    assert output.rstrip().endswith("The server has stopped.")


def test_the_guide_shows_what_is_printed(output: str) -> None:
    guide = (ROOT / "docs/guide/first-model.md").read_text(encoding="utf-8").split("```text\n")[1].split("```")[0]
    figures = re.compile(r"[\d.]+|[━ ]+")
    shown = {figures.sub("#", line) for line in guide.splitlines() if line.startswith(("─", "158", "Accuracy", "The "))}
    printed = {figures.sub("#", line.rstrip()) for line in output.splitlines()}
    assert shown <= printed
