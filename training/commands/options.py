"""Options and progress shared by the training commands: defaults from the environment, bars on standard error."""

import shlex
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final, TypeVar, get_args

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from model_store.labelled_sets.layout import LayoutChoice
from training.config import parse_duration

_Command = TypeVar("_Command", bound=Callable[..., Any] | click.Command)


class _Folder(click.Path):
    """A folder. A zip or tar, which an audit accepts, is refused with the way to unpack it."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:  # noqa: ANN401
        """Return the path of the folder."""
        if Path(value).is_file():
            audit = shlex.join(["fullcount", "audit", str(value)])
            self.fail(
                f"{value} is a file, not a folder. For a zip or tar, `{audit}` ends with what to type.", param, ctx
            )
        return super().convert(value, param, ctx)


data_argument: Final = click.argument("data", type=_Folder(path_type=Path, exists=True, file_okay=False))


def option(name: str, *others: str, **settings: Any) -> Callable[[_Command], _Command]:  # noqa: ANN401  click's settings
    """Make an option whose default can be set in the environment.

    Args:
        name: Name with its dashes; the variable for `--batch-size` is `FULLCOUNT_BATCH_SIZE`.
        others: Name of the parameter, if it differs from that of the option.
        settings: Settings of `click.option`.
    """
    environment = f"FULLCOUNT_{name.split('/', maxsplit=1)[0].removeprefix('--').replace('-', '_').upper()}"
    return click.option(name, *others, envvar=environment, show_envvar=True, show_default=True, **settings)


def layout_option(command: _Command) -> _Command:
    """Add `--layout`, the answer to the question whether the first folders are splits or labels."""
    help_text = "Say what the first folders are, if they could be parts of the set, such as splits, or labels."
    return option("--layout", type=click.Choice(get_args(LayoutChoice)), help=help_text)(command)


def corrections_option(command: _Command) -> _Command:
    """Add `--corrections`, a file with the labels that files should have."""
    file = click.Path(path_type=Path, exists=True, dir_okay=False)
    return option("--corrections", type=file, help="Apply this corrections.csv; the files are not touched.")(command)


class Duration(click.ParamType[float]):
    """Seconds, or a number with a unit: `90s`, `20m`, `1.5h`."""

    name = "duration"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:  # noqa: ANN401
        """Return the duration in seconds."""
        try:
            return parse_duration(str(value))
        except ValueError as error:
            self.fail(str(error), param, ctx)


def make_progress() -> Progress:
    """Return a progress display on standard error."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    return Progress(*columns, console=Console(stderr=True))
