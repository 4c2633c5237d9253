"""What can be said before the server runs; how it runs and ends is in tests/api/test_server_process.py."""

import socket
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.errors import SpoolMissing
from app.server.process import CannotStart, _connections_within, _listen, _use_spool_directory
from app.settings import Settings


@pytest.fixture
def taken() -> Iterator[int]:
    """Return a port that somebody else listens on."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield listener.getsockname()[1]


@pytest.fixture
def temporary_directory_as_before() -> Iterator[None]:
    before = tempfile.tempdir
    yield
    tempfile.tempdir = before


def test_a_port_that_is_taken_is_a_sentence_and_a_hint(taken: int) -> None:
    with pytest.raises(CannotStart) as caught:
        _listen(Settings(port=taken))
    assert str(caught.value) == f"Cannot listen on 127.0.0.1 port {taken}: Address already in use."
    assert caught.value.hint == "Choose another address with --host and --port."


def test_an_address_that_is_none_is_a_sentence() -> None:
    with pytest.raises(CannotStart, match=r"Cannot listen on 999\.1\.1\.1 port 0: Name or"):
        _listen(Settings(host="999.1.1.1", port=0))


def test_port_zero_lets_the_system_choose() -> None:
    with _listen(Settings(port=0)) as listener:
        assert listener.getsockname()[1] > 0


def test_a_missing_spool_directory_is_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(SpoolMissing, match="does not exist"):
        _use_spool_directory(Settings(spool_dir=tmp_path / "nowhere"))


@pytest.mark.usefixtures("temporary_directory_as_before")
def test_every_temporary_file_lies_in_the_spool_directory(tmp_path: Path) -> None:
    _use_spool_directory(Settings(spool_dir=tmp_path))
    assert Path(tempfile.gettempdir()) == tmp_path


def test_connections_leave_half_of_the_files_to_the_rest(caplog: pytest.LogCaptureFixture) -> None:
    settings = Settings(max_connections=1000)
    assert _connections_within(settings, sys.maxsize) == 1000
    assert _connections_within(settings, 2000) == 1000
    assert caplog.text == ""
    assert _connections_within(settings, 1024) == 512
    assert "only 512 connections are served, not 1000" in caplog.text
