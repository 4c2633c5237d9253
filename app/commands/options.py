"""The options that several commands share, and the settings made from them."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click
from click.core import ParameterSource
from pydantic import ValidationError

if TYPE_CHECKING:
    from app.settings import Settings


F = TypeVar("F", bound=Callable[..., object])

store_option = click.option(
    "--store",
    type=click.Path(path_type=Path),
    help="Directory of the model store; default: FULLCOUNT_STORE, else models.",
)
model_option = click.option("--model", help="Model; may be left out if the store holds only one.")
version_option = click.option("--version", type=click.IntRange(min=1), help="Version; default: the one that serves.")
existing_path = click.Path(exists=True, path_type=Path)
existing_file = click.Path(exists=True, dir_okay=False, path_type=Path)
writable_file = click.Path(dir_okay=False, writable=True, path_type=Path)


def engine_options(function: F) -> F:
    """Add the options of the engine to a command."""
    for option in (
        click.option(
            "--precision", type=click.Choice(["f32", "bf16", "int8", "auto"]), help="Precision to compute in."
        ),
        click.option("--engine", type=click.Choice(["auto", "tensorflow", "openvino"]), help="Engine to compute with."),
        click.option("--device", metavar="auto|cpu|gpu|gpu:N", help="Device to compute on."),
    ):
        function = option(function)
    return function


def model_options(function: F) -> F:
    """Add the options of a model in a store or on a server to a command."""
    for option in (
        click.option("--url", metavar="URL", envvar="FULLCOUNT_URL", help="Ask the service at this URL instead."),
        version_option,
        model_option,
        store_option,
    ):
        function = option(function)
    return function


def pop_url(options: dict[str, Any]) -> str | None:
    """Remove the server's URL from the options and return it; --store takes precedence over FULLCOUNT_URL."""
    url: str | None = options.pop("url")
    if url is not None:
        url = (url if "://" in url else f"http://{url}").rstrip("/")
    if url is None or options["store"] is None:
        return url
    if click.get_current_context().get_parameter_source("url") is ParameterSource.COMMANDLINE:
        raise click.UsageError("--url asks a server and --store works without one; give one of them.")
    return None


def pop_model(options: dict[str, Any]) -> dict[str, Any]:
    """Return the options with `model` as the setting `models`."""
    model = options.pop("model")
    return {**options, "models": (model,) if model else ()}


def read_settings(options: dict[str, Any]) -> "Settings":
    """Read the settings from the environment; options that were given take precedence.

    Variables that look like settings and are none are named on standard error, except by a worker, whose parent did.
    """
    from app.environment import describe_unknown  # noqa: PLC0415  as above
    from app.settings import Settings  # noqa: PLC0415

    given = {name: value for name, value in options.items() if value not in {None, ()}}
    try:
        settings = Settings(**given)
    except ValidationError as error:
        first = error.errors()[0]
        name = str(first["loc"][0])
        where = f"--{name}" if name in given else f"FULLCOUNT_{name.upper()}"
        raise click.UsageError(f"{where}={first.get('input')} is not possible: {first['msg']}.") from error
    if settings.fd is None:
        for sentence in describe_unknown(os.environ):
            click.echo(f"Warning: {sentence}", err=True)
    return settings
