import functools
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from importlib.metadata import EntryPoint, entry_points

import click
import pytest

from model_store.commands import main as command
from model_store.commands import models as cli
from model_store.commands.groups import CommandUnavailable, _load
from model_store.errors import FullcountError
from model_store.store import ModelStore
from tests.support.fakes import publish


def outcome(action: Callable[[], object]) -> int:
    """Run a command that ends the process; return its exit code."""
    with pytest.raises(SystemExit) as caught:
        action()
    assert isinstance(caught.value.code, int)
    return caught.value.code


def raising(error: BaseException) -> click.Command:
    @click.command()
    @click.option("--debug", is_flag=True)
    def complain(*, debug: bool) -> None:
        del debug
        raise error

    return complain


def test_an_error_is_one_sentence_and_a_hint(capsys: pytest.CaptureFixture[str]) -> None:
    broken = raising(FullcountError("It is broken.", hint="Mend it."))
    assert outcome(lambda: command.run(broken, [])) == 1
    assert capsys.readouterr() == ("", "Error: It is broken.\nHint: Mend it.\n")


def test_an_error_without_a_hint_is_one_sentence(capsys: pytest.CaptureFixture[str]) -> None:
    assert outcome(lambda: command.run(raising(FullcountError("It is broken.")), [])) == 1
    assert capsys.readouterr().err == "Error: It is broken.\n"


def test_debug_shows_where_an_error_came_from(monkeypatch: pytest.MonkeyPatch) -> None:
    error = FullcountError("It is broken.")
    with pytest.raises(FullcountError, match="It is broken"):
        command.run(raising(error), ["--debug"])
    monkeypatch.setenv("FULLCOUNT_DEBUG", "1")
    with pytest.raises(FullcountError, match="It is broken"):
        command.run(raising(error), [])


@pytest.mark.parametrize("error", [KeyboardInterrupt(), click.Abort()])
def test_an_interrupt_is_130(error: BaseException, capsys: pytest.CaptureFixture[str]) -> None:
    assert outcome(lambda: command.run(raising(error), [])) == 130
    assert capsys.readouterr().err.strip() == "Interrupted."


@pytest.mark.parametrize("arguments", [["--nonsense"], ["nonsense"], ["models", "show"], ["models", "list", "--store"]])
def test_wrong_usage_is_2(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert outcome(lambda: command.main(arguments)) == 2
    assert "Error: " in capsys.readouterr().err


@pytest.mark.parametrize("arguments", [["--help"], ["-h"], ["--version"], ["models", "--help"]])
def test_asking_is_no_error(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert outcome(lambda: command.main(arguments)) == 0
    assert capsys.readouterr().out


def test_a_number_returned_is_the_exit_code() -> None:
    assert outcome(lambda: command.run(click.command()(lambda: 3), [])) == 3


def test_help_says_of_each_command_what_the_command_says_itself(capsys: pytest.CaptureFixture[str]) -> None:
    for group, summaries, arguments in (
        (command.GROUP, command._SUMMARIES, ["--help"]),
        (cli.GROUP, cli._SUMMARIES, ["models", "--help"]),
    ):
        commands = {one.name: one.load() for one in entry_points(group=group)}
        words = {name: str(one.help).split("\n", maxsplit=1)[0] for name, one in commands.items()}
        assert words == summaries
        outcome(functools.partial(command.main, arguments))
        help_text = capsys.readouterr().out
        assert [name for name in words if f"\n  {name} " not in help_text] == []


def test_a_command_whose_packages_are_missing_says_how_to_install_them() -> None:
    missing = EntryPoint("train", "training_that_is_not_there.cli:train", command.GROUP)
    with pytest.raises(CommandUnavailable) as caught:
        _load(missing)
    assert "training_that_is_not_there" in str(caught.value)
    assert caught.value.hint == "Install it with: pip install 'fullcount[train]'"


@pytest.fixture
def published(store: ModelStore) -> str:
    publish(store.directory)
    return str(store.directory)


def python(code: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-c", code, *arguments], capture_output=True, text=True, check=False)


def test_only_the_command_that_is_called_is_loaded(published: str) -> None:
    code = """
import sys
from model_store.commands.main import main
try:
    main(["models", "list", "--store", sys.argv[1]])
finally:
    print(*sorted({name.split(".")[0] for name in sys.modules}), file=sys.stderr)
"""
    done = python(code, published)
    assert "shades" in done.stdout
    loaded = set(done.stderr.split())
    assert "model_store" in loaded
    assert not loaded & {"app", "training", "tensorflow", "keras", "fastapi", "starlette", "sklearn", "matplotlib"}


def test_help_loads_no_command_at_all() -> None:
    code = """
import sys
from model_store.commands.main import main
try:
    main(["--help"])
finally:
    print(*sorted({name.split(".")[0] for name in sys.modules}), file=sys.stderr)
"""
    assert not set(python(code).stderr.split()) & {"app", "training", "pydantic", "PIL", "tensorflow"}


def test_a_reader_that_leaves_early_is_no_crash(published: str) -> None:
    code = "import sys; from model_store.commands.main import main; main(['models', 'list', '--store', sys.argv[1]])"
    reading, writing = os.pipe()
    os.close(reading)
    process = subprocess.Popen(
        [sys.executable, "-c", code, published], stdout=writing, stderr=subprocess.PIPE, text=True
    )
    os.close(writing)
    _, complaints = process.communicate()
    assert (process.returncode, complaints) == (1, "")


def test_ctrl_c_ends_with_130() -> None:
    code = """
import time, click
from model_store.commands.main import run
@click.command()
def wait():
    click.echo("ready")
    time.sleep(60)
run(wait, [])
"""
    process = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    process.send_signal(signal.SIGINT)
    assert (process.communicate()[1].strip(), process.returncode) == ("Interrupted.", 130)


def test_an_unforeseen_error_is_a_sentence_too(capsys: pytest.CaptureFixture[str]) -> None:
    assert outcome(lambda: command.run(raising(KeyError("what nobody thought of")), [])) == 1
    said = capsys.readouterr().err
    assert said.startswith(
        "Error: KeyError: 'what nobody thought of'\nHint: Set FULLCOUNT_DEBUG=1 to see the traceback."
    )


def test_a_package_that_is_not_installed_is_named_with_what_brings_it(capsys: pytest.CaptureFixture[str]) -> None:
    assert outcome(lambda: command.run(raising(ModuleNotFoundError(name="uvicorn")), [])) == 1
    said = capsys.readouterr().err
    assert said.startswith("Error: This command needs the package uvicorn, which is not installed.")
    assert "fullcount[serve]" in said
