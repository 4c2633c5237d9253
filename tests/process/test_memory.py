"""What archives cost the real process in memory: never as much as they hold, whatever they say and however they come.

The bounds are of one evaluation with two threads that read images of at most 8 MiB each.
"""

import contextlib
import re
import time
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from tests.process.test_server import Server, post, settle, started
from tests.support.fakes import grey, publish, zip_of
from tests.support.zips import Entry, make_zip

MIB = 1 << 20
MAX_IMAGE = 8 * MIB
ZIP = {"content-type": "application/zip"}
PICTURE = grey(204)


@pytest.fixture(scope="module")
def spool(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("spool")


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory, spool: Path) -> Iterator[Server]:
    """Run a server that has evaluated something, so that what comes later is what archives cost."""
    store = tmp_path_factory.mktemp("store")
    publish(store)
    limits = {"max_image_bytes": str(MAX_IMAGE), "max_evaluations": "1", "decode_threads": "2"}
    with started(store, spool_dir=str(spool), FAKE_DELAY_S="0.02", **limits) as server:
        server.wait_for("is ready")
        for _ in range(3):
            assert evaluate(server, zip_of({f"light/{level}.png": grey(level) for level in range(50)})) == (50, 50)
        yield server
        assert server.stop() == 0
        assert server.errors() == []


def evaluate(server: Server, body: bytes | Path, *, form: bool = False) -> tuple[int, int]:
    """Evaluate an archive; return how many images there were and how many were scored."""
    with httpx.Client(base_url=server.url, timeout=60) as client:
        if isinstance(body, bytes):
            response = client.post("/evaluate", content=body, headers=ZIP)
        else:
            with body.open("rb") as file:  # is sent in pieces
                sent = {"files": {"file": file}} if form else {"content": file, "headers": ZIP}
                response = client.post("/evaluate", **sent)
    assert response.status_code == 200, response.text
    accounting = response.json()["accounting"]
    return accounting["images"], accounting["scored"]


def memory_kb(server: Server, name: str) -> int:
    found = re.search(rf"{name}:\s+(\d+) kB", Path(f"/proc/{server.process.pid}/status").read_text())
    assert found is not None
    return int(found[1])


@contextmanager
def at_most(server: Server, more_bytes: int) -> Iterator[None]:
    """Assert that the process never holds so much more memory than now, however shortly."""
    Path(f"/proc/{server.process.pid}/clear_refs").write_text("5")  # the peak begins anew
    before = memory_kb(server, "VmRSS")
    yield
    assert (memory_kb(server, "VmHWM") - before) * 1024 < more_bytes


def open_files(process: int | str = "self") -> list[Path]:
    """Return what a process has open, files without a name too."""
    found = []
    for one in Path(f"/proc/{process}/fd").iterdir():
        with contextlib.suppress(FileNotFoundError):  # it has been closed meanwhile
            found.append(one.readlink())
    return found


def uploads_open(server: Server, spool: Path) -> int:
    return sum(one.is_relative_to(spool) for one in open_files(server.process.pid))


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Write a stored zip of 300 MB: an image, and one large file that is none."""
    path = tmp_path_factory.mktemp("large") / "large.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("light/1.png", PICTURE)
        with archive.open("notes.bin", "w") as file:
            for _ in range(300):
                file.write(bytes(MIB))
    return path


@pytest.mark.parametrize("form", [False, True])
def test_an_archive_of_300_mb_is_evaluated_from_disk(server: Server, spool: Path, large: Path, *, form: bool) -> None:
    with at_most(server, 60 * MIB):
        assert evaluate(server, large, form=form) == (1, 1)
    settle(server, "fullcount_requests_in_progress", 1)  # the answer is sent before the file is closed
    assert uploads_open(server, spool) == 0
    assert list(spool.iterdir()) == []


def test_many_large_files_are_never_in_memory_together(server: Server, tmp_path: Path) -> None:
    path = tmp_path / "many.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for number in range(30):
            archive.writestr(f"light/{number}.png", PICTURE + bytes(MAX_IMAGE - len(PICTURE)))
    with at_most(server, 2 * 3 * MAX_IMAGE + 20 * MIB):  # 240 MB would be all
        assert evaluate(server, path) == (30, 30)


def test_files_that_unpack_to_more_than_they_say_cost_what_they_say(server: Server) -> None:
    entries = [Entry(f"light/{number}.png", bytes(64 * MIB)) for number in range(2)]
    entries += [Entry(f"light/{number}.png", PICTURE) for number in range(2, 50)]
    data = bytes(make_zip(entries, {"central.0.size": 100, "central.1.size": 100}).data)
    with at_most(server, 8 * MIB):
        assert evaluate(server, data) == (50, 48)


def test_a_bomb_that_says_what_it_is_is_refused_unread(server: Server) -> None:
    data = bytes(make_zip([Entry(f"light/{number}.png", bytes(32 * MIB)) for number in range(4)]).data)
    with at_most(server, 8 * MIB):
        response = httpx.post(f"{server.url}/evaluate", content=data, headers=ZIP)
    assert response.json()["reason"] == "compression-ratio"


@pytest.mark.parametrize("accept", ["application/json", "application/jsonl"])
def test_a_client_that_goes_ends_its_evaluation_within_a_second(server: Server, spool: Path, accept: str) -> None:
    body = zip_of({f"dark/{number}.png": grey(number % 256) for number in range(2000)})
    scored = 'fullcount_images_total{outcome="scored"}'
    before = server.metric(scored)
    with server.connect() as connection:
        connection.sendall(post("/evaluate", body, "content-type: application/zip", f"accept: {accept}"))
        while server.metric(scored) == before:
            time.sleep(0.01)
        assert uploads_open(server, spool) == 1
    began = time.monotonic()
    settle(server, "fullcount_requests_in_progress", 1)
    assert time.monotonic() - began < 1
    assert uploads_open(server, spool) == 0
    then = server.metric(scored)
    assert evaluate(server, zip_of({"light/1.png": PICTURE})) == (1, 1)
    assert server.metric(scored) == then + 1 < before + 2000
