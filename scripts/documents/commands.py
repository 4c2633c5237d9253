"""Every command with its options, as click knows them."""

import re
import textwrap
from collections.abc import Iterator
from typing import Final

import click

from model_store.commands.main import fullcount

WIDTH: Final = 120

_RECORD: Final = re.compile(r"(?P<names>-\S+(?:,? (?:/ )?-\S+)*) ?(?P<value>.*)")


def describe_commands() -> str:
    """Return a section for each command: its usage, its help, a table of its options."""
    root = click.Context(fullcount, info_name="fullcount", **fullcount.context_settings)
    return "\n\n".join(_section(context) for context in _commands(root))


def command_options(context: click.Context) -> list[click.Option]:
    """Return the options of a command that help shows, without `--help`."""
    shown = (one for one in context.command.get_params(context) if isinstance(one, click.Option) and not one.hidden)
    return [one for one in shown if "--help" not in one.opts]


def _commands(context: click.Context) -> Iterator[click.Context]:
    """Yield a context for each command below a group that does something itself."""
    group = context.command
    if not isinstance(group, click.Group):
        yield context
        return
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        if command is not None:
            yield from _commands(click.Context(command, info_name=name, parent=context))


def _section(context: click.Context) -> str:
    usage = " ".join([context.command_path, *context.command.collect_usage_pieces(context)])
    paragraphs = (context.command.help or "").split("\n\n")
    text = [textwrap.fill(" ".join(one.split()), WIDTH, break_on_hyphens=False) for one in paragraphs]
    parts = [f"## `{context.command_path}`", f"```text\n{usage}\n```", *text]
    if options := command_options(context):
        rows = [_row(option.get_help_record(context) or ("", "")) for option in options]
        parts.append("\n".join(["| option | value | is |", "|---|---|---|", *rows]))
    return "\n\n".join(parts)


def _row(record: tuple[str, str]) -> str:
    match = _RECORD.fullmatch(record[0])
    names, value = (match["names"], match["value"]) if match else (record[0], "")
    cells = [_code(names), _code(value.removesuffix(" RANGE")), " ".join(record[1].split())]
    return f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |"


def _code(text: str) -> str:
    return f"`{text}`" if text else ""
