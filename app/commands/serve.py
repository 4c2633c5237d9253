"""`fullcount serve`: serve the models of a store over HTTP."""

from typing import Any

import click

from app.commands.options import engine_options, read_settings, store_option
from model_store.store import ModelStore


@click.command()
@store_option
@click.option("--model", "models", multiple=True, help="Model to serve; may be repeated. Default: every model.")
@click.option("--version", type=click.IntRange(min=1), help="Version to serve; default: the one that serves.")
@click.option("--host", help="Address to listen on; default: 127.0.0.1.")
@click.option("--port", type=click.IntRange(0, 65535), help="Port to listen on; default: 8000.")
@click.option(
    "--workers",
    type=click.IntRange(min=1),
    help="Processes that serve, if one cannot keep a GPU busy; default: 1.",
)
@engine_options
@click.pass_context
def serve(ctx: click.Context, /, **options: Any) -> None:  # noqa: ANN401  click's values
    """Serve the models of a store over HTTP.

    Every option and every limit is also a setting FULLCOUNT_… in the environment.
    """
    from app.lifecycle.registry import choose_versions  # noqa: PLC0415  only this command needs the service's packages
    from app.server.process import run_server  # noqa: PLC0415

    settings = read_settings(options)
    choose_versions(ModelStore(settings.store), settings)  # impossible settings fail before anything runs
    ctx.exit(run_server(settings))
