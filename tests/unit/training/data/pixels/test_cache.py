import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from rich.progress import Progress

from model_store.images.pixels import InputSpec, decode
from tests.support.pictures import SMALL, crop, encoded, labelled, picture, write
from training.data.pixels import decoding
from training.data.pixels.cache import DecodedImages, open_images
from training.data.pixels.space import LIMIT_VARIABLE
from training.data.scan import scan
from training.errors import CacheUnusable

ROOT = Path(__file__).parents[5]
WIDE = InputSpec(height=16, width=32)


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """Ten pictures, a near-duplicate, a copy and a broken file."""
    near = {"cats/near.png": encoded(crop(65)), "cats/near.jpg": encoded(crop(65), "JPEG", quality=80)}
    odd = {"cats/copy.png": picture(0), "dogs/bad.png": b"bad"}
    return write(tmp_path / "data", labelled(["cats", "dogs"], 5) | near | odd)


@contextmanager
def images(data: Path, spec: InputSpec = SMALL) -> Iterator[DecodedImages]:
    with open_images(scan(data).files, spec, Progress(disable=True)) as found:
        yield found


def assert_right(found: DecodedImages, spec: InputSpec = SMALL) -> None:
    """Hold every row against the file."""
    decoded = [file for file in found.files if file.fate == "used"]
    assert len(decoded) == sum(file.path != "dogs/bad.png" for file in found.files)
    for file in decoded:
        assert np.array_equal(found.pixels[file.row], decode(file.location.read_bytes(), spec).pixels), file.path


def entries(cache: Path) -> list[str]:
    return sorted(path.name for path in (cache / "pixels").glob("[!.]*"))


def hidden(cache: Path) -> list[Path]:
    return list((cache / "pixels").glob(".*"))


def test_a_second_run_decodes_nothing_and_finds_the_same(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with images(data) as first:
        assert_right(first)
        assert len(first.near) == 1
    monkeypatch.setattr(decoding, "decode", None)
    with images(data) as second:
        assert (second.files, second.near) == (_with_first_rows(first), first.near)
        assert np.array_equal(second.pixels, first.pixels)


def _with_first_rows(found: DecodedImages) -> tuple[object, ...]:
    """Files with the same bytes are one in the cache."""
    rows: dict[str, int] = {}
    return tuple(replace(file, row=rows.setdefault(file.sha256, file.row)) for file in found.files)


def test_a_renamed_file_and_another_label_need_no_decoding(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with images(data):
        pass
    (data / "cats/0.png").rename(data / "dogs/moved.png")
    with monkeypatch.context() as patch:
        patch.setattr(decoding, "decode", None)
        with images(data) as found:
            moved = next(file for file in found.files if file.path == "dogs/moved.png")
            row = np.array(found.pixels[moved.row])
    assert np.array_equal(row, decode(picture(0), SMALL).pixels)


def test_other_contents_of_the_same_size_are_decoded_anew(data: Path, own_cache: Path) -> None:
    write(data, {"cats/plain.bmp": picture(50, "BMP")})
    with images(data):
        pass
    write(data, {"cats/plain.bmp": picture(51, "BMP")})
    with images(data) as found:
        assert_right(found)
    assert len(entries(own_cache)) == 2


def test_another_policy_is_another_entry(data: Path, own_cache: Path) -> None:
    for spec in (SMALL, WIDE, SMALL):
        with images(data, spec) as found:
            assert_right(found, spec)
    assert len(entries(own_cache)) == 2


@pytest.mark.parametrize("name", ["pixels", "index"])
@pytest.mark.parametrize("damage", ["bit", "cut", "gone", "empty"])
def test_a_damaged_entry_is_made_again(data: Path, own_cache: Path, name: str, damage: str) -> None:
    with images(data):
        pass
    (entry,) = entries(own_cache)
    _damage(own_cache / "pixels" / entry / name, damage)
    for _ in ("made again", "from the cache"):
        with images(data) as found:
            assert_right(found)
    assert entries(own_cache) == [entry]


def _damage(path: Path, damage: str) -> None:
    whole = path.read_bytes()
    path.unlink()
    if damage == "bit":
        place = len(whole) // 3
        path.write_bytes(whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :])
    elif damage != "gone":
        path.write_bytes(whole[:-100] if damage == "cut" else b"")


PROGRAM = """
import os, signal, sys
from pathlib import Path
from rich.progress import Progress
from model_store.images.pixels import InputSpec
from training.data.pixels import cache, decoding
from training.data.scan import scan

where, count = sys.argv[2], 0
module, name = {"decode": (decoding, "decode"), "index": (cache, "write_index"),
                "finish": (cache.CacheSpace, "finish")}[where.split("-")[0]]
original = getattr(module, name)

def deadly(*arguments, **options):
    global count
    count += 1
    if count > int(where.partition("-")[2] or 0):
        os.kill(os.getpid(), signal.SIGKILL)
    return original(*arguments, **options)

setattr(module, name, deadly)
spec = InputSpec(height=16, width=16)
with cache.open_images(scan(Path(sys.argv[1])).files, spec, Progress(disable=True)):
    pass
"""


@pytest.mark.parametrize("where", ["decode-0", "decode-9", "index", "finish"])
def test_a_killed_run_leaves_nothing_that_is_taken_for_whole(data: Path, own_cache: Path, where: str) -> None:
    killed = subprocess.run([sys.executable, "-c", PROGRAM, str(data), where], cwd=ROOT, check=False)
    assert killed.returncode == -signal.SIGKILL
    assert (entries(own_cache), len(hidden(own_cache))) == ([], 1)
    with images(data) as found:
        assert_right(found)
    assert (len(entries(own_cache)), hidden(own_cache)) == (1, [])


def test_another_limit_decodes_anew(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with images(data):
        pass
    monkeypatch.setenv("FULLCOUNT_MAX_IMAGE_PIXELS", "100")
    with images(data) as found:
        assert {file.rejection for file in found.files} >= {"too-many-pixels"}
        assert not [file for file in found.files if file.fate == "used"]


def test_two_runs_at_once_are_both_right_and_leave_one_entry(data: Path, own_cache: Path) -> None:
    with images(data) as one:  # its entry is finished and in use
        (own_cache / "pixels" / entries(own_cache)[0]).rename(own_cache / "away")  # as if it were not finished yet
        with images(data) as other:
            assert_right(one)
            assert_right(other)
    assert (len(entries(own_cache)), hidden(own_cache)) == (1, [])


def test_an_interruption_leaves_nothing(data: Path, own_cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(decoding, "decode", interrupt)
    with pytest.raises(KeyboardInterrupt), images(data):
        pytest.fail("it was interrupted")
    assert (entries(own_cache), hidden(own_cache)) == ([], [])


@pytest.mark.parametrize("limit", ["0", "0.000001"])
def test_without_room_in_the_cache_a_temporary_folder_does(
    data: Path, own_cache: Path, limit: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(LIMIT_VARIABLE, limit)
    with images(data) as found:
        assert_right(found)
    assert entries(own_cache) == []


def test_a_cache_that_cannot_be_written_is_no_error(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FULLCOUNT_CACHE_DIR", str(data / "cats/0.png"))
    with images(data) as found:
        assert_right(found)


def test_a_disk_that_is_full_when_the_index_is_written_costs_this_run_nothing(
    data: Path, own_cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise OSError(28, os.strerror(28))

    monkeypatch.setattr("training.data.pixels.cache.write_index", refuse)
    with images(data) as found:
        assert_right(found)
    assert (entries(own_cache), hidden(own_cache)) == ([], [])


def test_a_cache_on_a_file_system_without_locks_is_done_without(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise OSError(95, os.strerror(95))

    monkeypatch.setattr("fcntl.flock", refuse)
    with images(data) as found:
        assert_right(found)


def test_no_room_anywhere_is_an_error_at_once(data: Path) -> None:
    huge = InputSpec(height=4096, width=4096)
    files = [file for file in scan(data).files if file.fate == "used"] * 3000
    with pytest.raises(CacheUnusable, match="do not fit into"), open_images(files, huge, Progress(disable=True)):
        pytest.fail("there is no disk so large")


def test_a_folder_without_images_has_no_pixels(tmp_path: Path, own_cache: Path) -> None:
    with images(write(tmp_path, {"note.txt": b"x"})) as found:
        assert found.pixels.shape == (0, 16, 16, 3)
    assert entries(own_cache) == []


MEMORY = """
import resource, sys
from pathlib import Path
from rich.progress import Progress
from model_store.images.pixels import InputSpec
from training.data.pixels.cache import open_images
from training.data.scan import scan

files = scan(Path(sys.argv[1])).files
spec = InputSpec(height=640, width=640)
for times in (20, 150, 150):
    some = files * times
    with open_images(some, spec, Progress(disable=True)) as images:
        assert len(images.pixels) == times
    print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
"""


def test_memory_does_not_grow_with_the_number_of_images(tmp_path: Path) -> None:
    write(tmp_path, {"cats/a.png": picture(1)})
    done = subprocess.run(
        [sys.executable, "-c", MEMORY, str(tmp_path)], cwd=ROOT, capture_output=True, text=True, check=True
    )
    few, many, cached = (int(line) / 1024 for line in done.stdout.split())
    assert many - few < 100 < 130 * 640 * 640 * 3 / 2**20  # MiB; of pixels there are 152 more
    assert cached - few < 100
