"""`python -m training`: the training subcommands of `fullcount` alone."""

import click

from model_store.commands.main import run
from training.commands.audit import audit
from training.commands.diagnose import diagnose
from training.commands.train import train


@click.group()
def training() -> None:
    """Train image classifiers, audit data sets and read learning curves."""


for command in (audit, diagnose, train):
    training.add_command(command)


if __name__ == "__main__":
    run(training, prog_name="python -m training")
