import json
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from tests.support.event_files import write_events
from tests.unit.training.curves.test_diagnosis import COLLAPSED, SLOW
from training.commands.diagnose import diagnose
from training.curves.history import History, write_history
from training.errors import HistoryInvalid


def run(path: Path, history: History, *options: str) -> Result:
    write_history(path, history)
    return CliRunner().invoke(diagnose, [str(path), *options], catch_exceptions=False)


def test_the_answer_comes_first(tmp_path: Path) -> None:
    result = run(tmp_path / "history.csv", SLOW)
    assert result.exit_code == 0
    assert result.stdout.startswith("Should you worry? Keep an eye on it. Plateau since epoch")
    assert "What to do:" in result.stdout


def test_a_reason_to_worry_is_no_failure_of_the_command(tmp_path: Path) -> None:
    result = run(tmp_path / "history.csv", COLLAPSED, "--validation-images", "158", "--majority-share", "0.633")
    assert result.exit_code == 0
    assert "Should you worry? Yes." in result.stdout


def test_the_answer_fits_on_a_screen(tmp_path: Path) -> None:
    assert len(run(tmp_path / "history.csv", SLOW).stdout.splitlines()) <= 24


def test_the_answer_is_to_be_had_as_json(tmp_path: Path) -> None:
    document = json.loads(run(tmp_path / "history.csv", SLOW, "--format", "json").stdout)
    assert (document["worry"], document["verdict"]) == ("watch", "plateau-slow")
    assert document["findings"][0]["evidence"]


def test_what_is_odd_about_the_file_is_said(tmp_path: Path) -> None:
    path = tmp_path / "history.csv"
    write_history(path, SLOW)
    path.write_text(path.read_text() + "60,0.1")
    result = CliRunner().invoke(diagnose, [str(path)], catch_exceptions=False)
    assert "About the file" in result.stdout


def test_a_file_that_holds_no_curves_is_an_error_with_a_hint(tmp_path: Path) -> None:
    path = tmp_path / "history.csv"
    path.write_text("a,b\n1,2\n")
    with pytest.raises(HistoryInvalid, match="no column `loss`"):
        CliRunner().invoke(diagnose, [str(path)], catch_exceptions=False)


def test_a_folder_is_diagnosed_and_tensorflow_is_not_loaded(tmp_path: Path) -> None:
    path = tmp_path / "logs" / "train" / "events.out.tfevents.1.host"
    write_events(path, {"epoch_loss": {epoch.number: epoch.loss for epoch in SLOW}})
    script = "import sys; from model_store.commands.main import main\ntry: main()\n"
    script += "finally: print(sorted({'tensorflow', 'keras', 'openvino'} & sys.modules.keys()))"
    result = subprocess.run(
        [sys.executable, "-c", script, "diagnose", str(tmp_path)], check=True, capture_output=True, text=True
    )
    assert "Validation is missing" in result.stdout
    assert result.stdout.endswith("[]\n")
