"""The `fullcount` command: it finds the commands that each package registers and prints their errors.

Nothing here knows the work of a command.
"""

import os
import sys
from collections.abc import Sequence
from importlib.metadata import version
from typing import Any

import click

from model_store.commands.groups import EntryPointGroup
from model_store.errors import FullcountError

GROUP = "fullcount.commands"
ENVIRONMENT_PREFIX = "FULLCOUNT"

_SUMMARIES = {
    "audit": "Count the files of a data set by fate and list the odd ones; train nothing.",
    "bench": "Measure the limits of this machine and the service on it, and name the bottleneck.",
    "diagnose": "Diagnose the learning curves of a training run: should you worry?",
    "doctor": "Describe this machine and what limits it.",
    "evaluate": "Evaluate a labelled folder or zip; every file is counted.",
    "models": "List, show, verify and clean up what a store holds.",
    "predict": "Predict the labels of images: PATHS are images, folders and zips.",
    "serve": "Serve the models of a store over HTTP.",
    "train": "Train on a folder of labelled images and publish the model.",
}
"""Help text of each command, so that `fullcount --help` loads none; a test compares it with the commands' own."""


@click.group(
    cls=EntryPointGroup,
    entry_points=GROUP,
    summaries=_SUMMARIES,
    context_settings={"help_option_names": ["-h", "--help"]},
)
@click.option("--debug", is_flag=True, envvar=f"{ENVIRONMENT_PREFIX}_DEBUG", help="Show the traceback of an error.")
@click.version_option(version("fullcount"), prog_name="fullcount")
def fullcount(*, debug: bool) -> None:
    """Train, store, serve and evaluate image classifiers; every file is counted."""
    del debug  # `run` reads it from the arguments, since it needs it even if they cannot be parsed


def main(arguments: Sequence[str] | None = None) -> None:
    """Run `fullcount` and exit with 0, 1 for an error, 2 for wrong usage or 130 for Ctrl-C."""
    run(fullcount, arguments)


def run(command: click.Command, arguments: Sequence[str] | None = None, **settings: Any) -> None:  # noqa: ANN401
    """Run a click command and exit; print an error as one sentence and a hint on standard error.

    Args:
        command: The command.
        arguments: Its arguments; default: those of the process.
        **settings: Further settings of `click.Command.main`.
    """
    words = list(sys.argv[1:] if arguments is None else arguments)
    debug = "--debug" in words or os.environ.get(f"{ENVIRONMENT_PREFIX}_DEBUG", "0") not in {"", "0", "false"}
    try:
        code = command.main(words, standalone_mode=False, **settings)
    except click.ClickException as error:
        error.show()
        code = error.exit_code
    except (click.Abort, KeyboardInterrupt):
        click.echo("Interrupted.", err=True)
        code = 130
    except BrokenPipeError:  # the reader of our output has exited, as `head` does
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        code = 1
    except Exception as error:
        if debug:
            raise
        sentence, hint = _in_words(error)
        click.echo(f"Error: {sentence}", err=True)
        if hint:
            click.echo(f"Hint: {hint}", err=True)
        code = 1
    sys.exit(code if isinstance(code, int) else 0)


def _in_words(error: Exception) -> tuple[str, str | None]:
    """Return a sentence that says what happened and a hint that says what to do."""
    if isinstance(error, FullcountError):
        return str(error), error.hint
    if isinstance(error, ModuleNotFoundError):
        hint = "Run pip install 'fullcount[serve]' to serve and evaluate, 'fullcount[train]' to train."
        return f"This command needs the package {error.name}, which is not installed.", hint
    return f"{type(error).__name__}: {error}", f"Set {ENVIRONMENT_PREFIX}_DEBUG=1 to see the traceback."
