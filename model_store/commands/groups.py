"""Command groups whose members other packages register as entry points, each loaded only when it runs.

So `fullcount serve` never imports training, `fullcount train` never imports the service, and `fullcount models` needs
neither.
"""

from collections.abc import Mapping
from importlib.metadata import EntryPoint, entry_points
from typing import Any

import click

from model_store.errors import FullcountError


class EntryPointGroup(click.Group):
    """A group with its own commands and those registered as entry points.

    Args:
        entry_points: Name of the entry point group.
        summaries: Help text of each registered command, so that help loads none of them.
        settings: Settings of `click.Group`.
    """

    def __init__(self, *, entry_points: str, summaries: Mapping[str, str], **settings: Any) -> None:  # noqa: ANN401
        super().__init__(**settings)
        self._group = entry_points
        self._summaries = summaries

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names of the commands, sorted."""
        return sorted({*super().list_commands(ctx), *self._registered()})

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Load and return a command."""
        entry_point = self._registered().get(cmd_name)
        return super().get_command(ctx, cmd_name) if entry_point is None else _load(entry_point)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write a line for each command."""
        own = {name: command.get_short_help_str(limit=200) for name, command in self.commands.items()}
        with formatter.section("Commands"):
            formatter.write_dl(
                [(name, (own | dict(self._summaries)).get(name, "")) for name in self.list_commands(ctx)]
            )

    def _registered(self) -> dict[str, EntryPoint]:
        return {entry_point.name: entry_point for entry_point in entry_points(group=self._group)}


def _load(entry_point: EntryPoint) -> click.Command:
    """Load a registered command.

    Raises:
        CommandUnavailable: If a package that it needs is not installed.
    """
    try:
        command = entry_point.load()
    except ModuleNotFoundError as error:
        extra = "train" if entry_point.value.startswith("training") else "serve"
        raise CommandUnavailable(entry_point.name, str(error.name), extra) from error
    if not isinstance(command, click.Command):
        raise TypeError(f"the entry point {entry_point.value} is not a click command")
    return command


class CommandUnavailable(FullcountError):
    """A command whose packages are not installed."""

    def __init__(self, command: str, missing: str, extra: str) -> None:
        super().__init__(
            f"`fullcount {command}` needs the package {missing}, which is not installed.",
            hint=f"Install it with: pip install 'fullcount[{extra}]'",
        )
