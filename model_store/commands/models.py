"""`fullcount models`: commands to inspect and clean up a store."""

from pathlib import Path

import click
from rich.console import Console

from model_store.commands.groups import EntryPointGroup
from model_store.errors import FullcountError, SchemaUnknown, VersionCorrupt, VersionNotFound
from model_store.manifest import Manifest
from model_store.presentation.tables import versions_table
from model_store.store import SERVING, ModelStore

store_option = click.option(
    "--store",
    type=click.Path(path_type=Path, file_okay=False),
    envvar="FULLCOUNT_STORE",
    default=Path("models"),
    show_default=True,
    show_envvar=True,
    help="Directory of the model store.",
)
"""The option `--store`; its default is FULLCOUNT_STORE or else `models`, as for the service."""

_NUMBER = click.IntRange(min=1)
_BAD_VERSION = (VersionCorrupt, SchemaUnknown)

GROUP = "fullcount.models"
_SUMMARIES = {"quantize": "Make a new version with an int8 variant, if it is as accurate."}


@click.group(cls=EntryPointGroup, entry_points=GROUP, summaries=_SUMMARIES)
def models() -> None:
    """List, show, verify and clean up what a store holds."""


@models.command("list")
@store_option
def list_(store: Path) -> None:
    """List every version of every model."""
    rows, damaged = _readable(ModelStore(store))
    Console().print(versions_table(rows) if rows else f"The store {store} has no versions.", markup=False)
    if damaged:
        raise VersionCorrupt(store, damaged)


@models.command()
@store_option
@click.argument("model")
@click.argument("version", type=_NUMBER, required=False)
def show(store: Path, model: str, version: int | None) -> None:
    """Print the manifest of a version; default: the one that serves."""
    click.echo(ModelStore(store).open(model, version, verify=False).manifest.to_json(), nl=False)


@models.command()
@store_option
@click.argument("model", required=False)
@click.argument("version", type=_NUMBER, required=False)
def verify(store: Path, model: str | None, version: int | None) -> None:
    """Compare every file of a version, a model or the whole store with its digest."""
    models_ = ModelStore(store)
    damaged: list[str] = []
    for name in [model] if model else models_.models():
        for number in models_.versions(name) if version is None else [models_.resolve(name, version)]:
            try:
                stored = models_.open(name, number)
            except _BAD_VERSION as error:
                damaged += _complaints(name, number, error)
            else:
                click.echo(f"{name} {number}: {len(stored.manifest.files)} files as published")
    if damaged:
        raise VersionCorrupt(store, damaged)


@models.command()
@store_option
@click.argument("model")
@click.argument("version", type=_NUMBER, required=False)
@click.option("--name", default=SERVING, show_default=True, help="The alias.")
@click.option("--delete", is_flag=True, help="Remove the alias; without it the highest version serves.")
def alias(store: Path, model: str, version: int | None, name: str, *, delete: bool) -> None:
    """Point an alias to a version: `serving` says which one serves."""
    models_ = ModelStore(store)
    if delete == (version is not None):
        raise click.UsageError("Name a version, or --delete the alias.")
    if version is None:
        models_.remove_alias(model, name)
        click.echo(f"{model}: alias {name} removed")
    else:
        models_.set_alias(model, name, version)
        click.echo(f"{model}: {name} is version {version}")


@models.command()
@store_option
@click.argument("model")
@click.argument("version", type=_NUMBER)
def remove(store: Path, model: str, version: int) -> None:
    """Remove a version and its reports."""
    ModelStore(store).remove(model, version)
    click.echo(f"{model} {version}: removed")


@models.command()
@store_option
@click.argument("model", required=False)
@click.option(
    "--keep", type=click.IntRange(min=1), help="Keep this many of the newest versions, and those with an alias."
)
def prune(store: Path, model: str | None, keep: int | None) -> None:
    """Remove the leftovers of killed processes and, with --keep, old versions."""
    models_ = ModelStore(store)
    count = 0
    for name in [model] if model else models_.homes():
        for removed in models_.prune(name, keep=keep if models_.has(name) else None):
            click.echo(f"{name}: {removed} removed")
            count += 1
    if not count:
        click.echo("nothing to remove")


def _readable(store: ModelStore) -> tuple[list[tuple[Manifest, bool]], list[str]]:
    """Return every readable manifest with a flag that says if it serves, and the faults of the others."""
    rows: list[tuple[Manifest, bool]] = []
    damaged: list[str] = []
    for model in store.models():
        try:
            serving = store.resolve(model)
        except (VersionCorrupt, VersionNotFound) as error:
            damaged.append(f"{model}: {error}")
            serving = 0
        for version in store.versions(model):
            try:
                rows.append((store.open(model, version, verify=False).manifest, version == serving))
            except _BAD_VERSION as error:
                damaged += _complaints(model, version, error)
    return rows, damaged


def _complaints(model: str, version: int, error: FullcountError) -> list[str]:
    """Prefix each difference with its model and version."""
    differences = error.differences if isinstance(error, VersionCorrupt) else [str(error)]
    return [f"{model} {version}: {difference}" for difference in differences]
