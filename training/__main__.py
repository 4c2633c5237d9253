"""`python -m training`: the subcommands of `fullcount` that train, without the others."""

import click

from model_store.command import run
from training.cli import audit, train


@click.group()
def training() -> None:
    """Train image classifiers and audit data sets."""


training.add_command(audit)
training.add_command(train)

if __name__ == "__main__":
    run(training, prog_name="python -m training")
