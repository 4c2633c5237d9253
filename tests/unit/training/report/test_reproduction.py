import shlex
from dataclasses import fields, replace
from pathlib import Path

from training.config import FineTuneSettings, HeadSettings, TrainingConfig
from training.report.reproduction import OPTIONS, command, python_only, settings, software

CONFIG = TrainingConfig(data=Path("somewhere/cells"), store=Path("elsewhere/models"), model="solar-cells")


def test_defaults_need_no_options() -> None:
    assert command(CONFIG) == "fullcount train cells --store models --model solar-cells"


def test_what_differs_is_given_and_quoted() -> None:
    changed = replace(CONFIG, positive="a b; rm", head=replace(CONFIG.head, epochs=7), strict=True, budget_s=90.0)
    words = shlex.split(command(changed))
    assert words[7:] == ["--positive", "a b; rm", "--strict", "--epochs", "7", "--budget", "90s"]


def test_every_option_is_one_of_the_commands_own() -> None:
    from training.commands.train import train

    known = {option for parameter in train.params for option in parameter.opts}
    assert set(OPTIONS.values()) <= known


def test_what_has_no_option_is_named() -> None:
    changed = replace(CONFIG, fine_tune=replace(CONFIG.fine_tune, averaging=0.9))
    assert python_only(changed) == {"fine_tune.averaging": 0.9}
    assert command(changed) == command(CONFIG)


def test_every_setting_of_the_phases_is_listed_and_no_path() -> None:
    named = settings(replace(CONFIG, weights="some/where/weights.h5"))
    assert {f"head.{field.name}" for field in fields(HeadSettings)} <= set(named)
    assert {f"fine_tune.{field.name}" for field in fields(FineTuneSettings)} <= set(named)
    assert named["weights"] == "weights.h5"
    assert {"data", "store", "tensorboard"} & set(named) == set()


def test_the_software_is_named_with_versions() -> None:
    assert {"python", "fullcount", "keras", "numpy"} <= {name for name, _ in software()}
