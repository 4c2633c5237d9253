"""`fullcount models`: look at a store and keep it tidy."""

from pathlib import Path

import click
from rich.console import Console

from model_store.errors import StoreUnusable, VersionCorrupt
from model_store.store import SERVING, ModelStore
from model_store.tables import versions_table

store_option = click.option(
    "--store",
    type=click.Path(path_type=Path, file_okay=False),
    envvar="FULLCOUNT_STORE",
    required=True,
    help="Directory of the model store.",
)
"""`--store`, by default FULLCOUNT_STORE."""


@click.group()
def models() -> None:
    """List, show, verify and clean up what a store holds."""


@models.command("list")
@store_option
def list_(store: Path) -> None:
    """List every version of every model."""
    models_ = ModelStore(store)
    rows = [
        (models_.open(model, version, verify=False).manifest, version == models_.resolve(model))
        for model in models_.models()
        for version in models_.versions(model)
    ]
    Console().print(versions_table(rows))


@models.command()
@store_option
@click.argument("model")
@click.argument("version", type=int, required=False)
def show(store: Path, model: str, version: int | None) -> None:
    """Print the manifest of a version; default: the one that serves."""
    click.echo(ModelStore(store).open(model, version, verify=False).manifest.to_json(), nl=False)


@models.command()
@store_option
@click.argument("model", required=False)
@click.argument("version", type=int, required=False)
def verify(store: Path, model: str | None, version: int | None) -> None:
    """Compare every file with its digest: of one version, one model, or all."""
    models_ = ModelStore(store)
    damaged: list[str] = []
    for name in [model] if model else models_.models():
        for number in [models_.resolve(name, version)] if version else models_.versions(name):
            try:
                stored = models_.open(name, number)
            except VersionCorrupt as error:
                damaged += [f"{name} {number}: {difference}" for difference in error.differences]
            else:
                click.echo(f"{name} {number}: {len(stored.manifest.files)} files as published")
    if damaged:
        raise VersionCorrupt(store, damaged)


@models.command()
@store_option
@click.argument("model")
@click.argument("version", type=int, required=False)
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
@click.argument("version", type=int)
def remove(store: Path, model: str, version: int) -> None:
    """Remove a version and its evaluations."""
    ModelStore(store).remove(model, version)
    click.echo(f"{model} {version}: removed")


@models.command()
@store_option
@click.argument("model", required=False)
@click.option(
    "--keep", type=click.IntRange(min=1), help="Keep so many of the newest versions, and those with an alias."
)
def prune(store: Path, model: str | None, keep: int | None) -> None:
    """Remove what killed processes left behind and, with --keep, old versions."""
    models_ = ModelStore(store)
    if not store.is_dir():
        raise StoreUnusable(store, "does not exist")
    names = [model] if model else sorted(path.name for path in store.iterdir() if path.is_dir())
    for name in names:
        for removed in models_.prune(name, keep=keep if models_.has(name) else None):
            click.echo(f"{name}: {removed} removed")
