"""The steps of the demo: data, training, server, tour. `make demo` runs it; see `--help` for the options."""

import shutil
import signal
import subprocess
import sys
import threading
from pathlib import Path
from typing import Final

import click
from rich.console import Console

from model_store.commands.main import run
from model_store.store import ModelStore
from scripts.demo.cells import LICENCE, POSITIVE, Cells, lay_out
from scripts.demo.errors import DemoFailed
from scripts.demo.server import FULLCOUNT, serving
from scripts.demo.tour import show, show_commands

MODEL: Final = "solar-cells"
BACKBONE: Final = "efficientnet-lite0"
"""A backbone whose weights come as a package, so that the demo downloads nothing but packages."""


@click.command()
@click.option(
    "--folder", type=click.Path(file_okay=False, path_type=Path), default=Path(".cache/demo"), help="Folder for files."
)
@click.option("--port", type=click.IntRange(1, 65535), default=8000, help="Preferred port of the service.")
@click.option("--serve/--no-serve", default=True, help="Keep serving afterwards.")
@click.option("--fresh", is_flag=True, help="Train again, even if there is a model.")
def demo(folder: Path, port: int, *, serve: bool, fresh: bool) -> None:
    """Train on photographs of solar cells, serve the model, predict and evaluate."""
    console = Console()
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # so that SIGTERM stops the server, too
    folder.mkdir(parents=True, exist_ok=True)
    console.rule("Data")
    console.print(LICENCE)
    cells = lay_out(folder)
    console.rule("Training")
    _train(cells, folder / "store", console, fresh=fresh)
    console.rule("Serving")
    log = folder / "server.log"
    with serving(folder / "store", port=port, log=log) as url:
        console.print(f"Ready at {url}, the log is {log}", soft_wrap=True)
        show(url, cells, console)
        if serve:
            _serve_on(url, cells, console)
    console.print("The server has stopped.")


def _train(cells: Cells, store: Path, console: Console, *, fresh: bool) -> None:
    """Publish a version unless there is one; the data never changes, so a new one would be the same."""
    if fresh:
        shutil.rmtree(store, ignore_errors=True)
    if store.is_dir() and ModelStore(store).has(MODEL):
        console.print(f"Using the trained model in {store}; FRESH=1 trains again.", soft_wrap=True)
        return
    command = [FULLCOUNT, "train", str(cells.folder), "--store", str(store), "--model", MODEL]
    command += ["--backbone", BACKBONE, "--positive", POSITIVE]
    command += ["--fine-tune-epochs", "0"]  # fine-tuning takes 15 minutes on two cores and gains a few points
    console.print(" ".join(["fullcount", *command[1:]]), soft_wrap=True, highlight=False)
    if subprocess.run(command, check=False).returncode != 0:  # noqa: S603  our own command
        raise DemoFailed("Training failed; see its message above.")


def _serve_on(url: str, cells: Cells, console: Console) -> None:
    """Serve until Ctrl-C, the normal way to end the demo."""
    try:
        console.rule("Your turn")
        show_commands(url, cells, console)
        console.print(f"Open {url} in a browser to try pictures. Ctrl-C stops the server.", soft_wrap=True)
        threading.Event().wait()
    except KeyboardInterrupt:
        console.print()


if __name__ == "__main__":
    run(demo, sys.argv[1:], prog_name="make demo")
