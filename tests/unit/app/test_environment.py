"""Variables that look like settings: the misspelt are named, and those of others are left alone."""

from collections.abc import Iterator

import click
import pytest

from app.environment import OTHER_VARIABLES, describe_unknown
from app.settings import Settings
from model_store.commands.main import fullcount

READ_WITHOUT_AN_OPTION = {"FULLCOUNT_CACHE_DIR", "FULLCOUNT_CACHE_MAX_GB"}


@pytest.mark.parametrize(
    ("name", "nearest"),
    [
        ("FULLCOUNT_PROT", "FULLCOUNT_PORT"),
        ("FULLCOUNT_MAX_IMAGE_PIXEL", "FULLCOUNT_MAX_IMAGE_PIXELS"),
        ("FULLCOUNT_CORS_ORIGIN", "FULLCOUNT_CORS_ORIGINS"),
        ("FULLCOUNT_ROOTPATH", "FULLCOUNT_ROOT_PATH"),
        ("FULLCOUNT_LOGLEVEL", "FULLCOUNT_LOG_LEVEL"),
        ("fullcount_stor", "FULLCOUNT_STORE"),
        ("FULLCOUNT_EPOCH", "FULLCOUNT_EPOCHS"),
    ],
)
def test_an_unknown_variable_is_named_with_the_nearest(name: str, nearest: str) -> None:
    (sentence,) = describe_unknown({name: "1", "PATH": "/bin", "FULLCOUNT_HOST": "::1"})
    assert sentence == f"{name} is not a setting and is ignored; the nearest name is {nearest}."


def test_even_a_name_like_no_other_is_named() -> None:
    assert describe_unknown({"FULLCOUNT_X": ""})[0].startswith("FULLCOUNT_X is not a setting")


def test_every_setting_and_option_is_known_in_any_case() -> None:
    names = {f"FULLCOUNT_{name.upper()}" for name in Settings.model_fields} | OTHER_VARIABLES
    assert describe_unknown(dict.fromkeys([*names, *map(str.lower, names)], "1")) == []


def test_the_variables_of_services_are_not_meant() -> None:
    links = {
        "FULLCOUNT_PORT": "tcp://10.0.0.1:8000",
        "FULLCOUNT_SERVICE_HOST": "10.0.0.1",
        "FULLCOUNT_SERVICE_PORT": "8000",
        "FULLCOUNT_SERVICE_PORT_HTTP_API": "8000",
        "FULLCOUNT_PORT_8000_TCP": "tcp://10.0.0.1:8000",
        "FULLCOUNT_PORT_8000_TCP_PROTO": "tcp",
        "FULLCOUNT_PORT_8000_TCP_PORT": "8000",
        "FULLCOUNT_PORT_8000_TCP_ADDR": "10.0.0.1",
        "FULLCOUNT_PORT_53_UDP": "udp://10.0.0.1:53",
        "FULLCOUNT_GPU_SERVICE_HOST": "10.0.0.2",
        "FULLCOUNT_GPU_PORT": "tcp://10.0.0.2:80",
        "FULLCOUNT_GPU_PORT_80_TCP_ADDR": "10.0.0.2",
    }
    assert describe_unknown(links) == []
    assert len(describe_unknown({"FULLCOUNT_GPU_PORT": "8000"})) == 1


def test_the_other_variables_are_those_of_the_options() -> None:
    settings = {f"FULLCOUNT_{name.upper()}" for name in Settings.model_fields}
    assert set(_variables(fullcount)) - settings | READ_WITHOUT_AN_OPTION == OTHER_VARIABLES


def _variables(command: click.Command) -> Iterator[str]:
    """Yield the variables of a command's options, and of those below it."""
    for parameter in command.params:
        if isinstance(parameter.envvar, str):
            yield parameter.envvar
    if isinstance(command, click.Group):
        context = click.Context(command)
        for name in command.list_commands(context):
            inner = command.get_command(context, name)
            assert inner is not None
            yield from _variables(inner)
