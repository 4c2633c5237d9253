"""Nothing here reports to anybody."""

import subprocess
import sys

import pytest

CODE = """
import os, socket, sys

def refuse(*arguments, **settings):
    raise AssertionError("a connection")

socket.socket.connect = socket.create_connection = socket.getaddrinfo = refuse
from model_store.quiet import forbid_telemetry
forbid_telemetry()
import {module}
print(*(name for name in ("openvino_telemetry", "openvino.tools.ovc") if sys.modules.get(name)))
"""


@pytest.mark.parametrize("module", ["openvino", "nncf"])
def test_importing_what_reports_reports_nothing(module: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CI", raising=False)  # which silences them as well
    code = CODE.format(module=module)
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout.strip(), done.stderr) == (0, "", "")
