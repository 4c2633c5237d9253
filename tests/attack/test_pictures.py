"""Small files that cost a decoder much: answered or refused soon, within the memory that the service may use."""

import io
import struct
import threading
import time
import zlib
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest
from PIL import Image

from benchmarks.attack.process_tree import MIB, watched
from tests.attack.conftest import LIMIT_MIB, good_answer
from tests.process.test_server import Server

SOON_S = 8.0
"""Seconds for an answer: four times what is promised on a machine that does nothing else."""
AT_ONCE_S = 4.0
"""Seconds for a small picture meanwhile, likewise."""


def one_row_bmp() -> bytes:
    """A row of 50 million pixels, run-length encoded in four bytes."""
    palette = b"".join(bytes((level, level, level, 0)) for level in range(256))
    body = b"\1\5\0\0"
    start = 14 + 40 + len(palette)
    head = struct.pack("<IiiHHIIiiII", 40, 49_999_999, 1, 1, 8, 1, len(body), 0, 0, 256, 0)
    return b"BM" + struct.pack("<IHHI", start + len(body), 0, 0, start) + head + palette + body


def webp_of_one_colour() -> bytes:
    """7071 x 7070 transparent pixels in 46 bytes: 16 bytes of memory for each pixel."""
    return bytes.fromhex("5249464626000000574542505650384c190000002f9e5be716075081540820000a1a02495bbced8f8f88e87f0000")


def tiff_of_one_tile() -> bytes:
    """64 x 64 pixels, whose one tile has 16384 x 16384."""
    side = 16384
    packer = zlib.compressobj(9)
    pixels = b"".join(packer.compress(bytes(side * 3)) for _ in range(side)) + packer.flush()
    entries = [(256, 4, 1, 64), (257, 4, 1, 64), (258, 3, 3, 134), (259, 3, 1, 8), (262, 3, 1, 2), (277, 3, 1, 3)]
    entries += [(322, 4, 1, side), (323, 4, 1, side), (324, 4, 1, 142), (325, 4, 1, len(pixels))]
    directory = struct.pack("<H", len(entries)) + b"".join(struct.pack("<HHII", *one) for one in entries) + bytes(4)
    return b"II*\0" + struct.pack("<I", 8) + directory + struct.pack("<4H", 8, 8, 8, 0) + pixels


def jpeg_of_segments(size: int) -> bytes:
    """Small pieces of Exif before the picture, which a careless reader joins again and again."""
    file = io.BytesIO()
    Image.new("RGB", (64, 64)).save(file, "JPEG")
    segment = b"\xff\xe1" + struct.pack(">H", 2 + 6 + 64) + b"Exif\0\0" + b"A" * 64
    return file.getvalue()[:2] + segment * (size // len(segment)) + file.getvalue()[2:]


COSTLY = {
    "BMP of one row": one_row_bmp(),
    "WebP of one colour": webp_of_one_colour(),
    "TIFF of one tile": tiff_of_one_tile(),
    "JPEG of segments": jpeg_of_segments(4 * MIB),
}


def send(server: Server, data: bytes, **headers: str) -> tuple[int, float]:
    """Send a picture; return the status and the seconds that the answer took."""
    began = time.monotonic()
    status = httpx.post(f"{server.url}/predict", content=data, headers=headers, timeout=120).status_code
    return status, time.monotonic() - began


@pytest.mark.parametrize("name", COSTLY)
def test_a_costly_picture_is_answered_or_refused_soon(server: Server, name: str) -> None:
    with watched(server.process.pid) as peak:
        status, seconds = send(server, COSTLY[name])
    assert status in {200, 413, 422, 503, 504}
    assert seconds < SOON_S
    assert peak.most < LIMIT_MIB * MIB


@pytest.mark.parametrize("name", COSTLY)
def test_a_small_picture_is_answered_beside_costly_ones(server: Server, name: str) -> None:
    is_over = threading.Event()

    def attack() -> set[int]:
        statuses = set()
        while not is_over.is_set():
            statuses.add(send(server, COSTLY[name])[0])
        return statuses

    with watched(server.process.pid) as peak, ThreadPoolExecutor(4) as pool:
        attackers = [pool.submit(attack) for _ in range(4)]
        slowest = 0.0
        for _ in range(20):
            began = time.monotonic()
            good_answer(server)
            slowest = max(slowest, time.monotonic() - began)
            time.sleep(0.1)
        is_over.set()
    assert set().union(*(one.result() for one in attackers)) <= {200, 413, 422, 503, 504}
    assert slowest < AT_ONCE_S
    assert peak.most < LIMIT_MIB * MIB


def test_pictures_that_take_much_memory_wait_for_each_other(server: Server) -> None:
    with watched(server.process.pid) as peak, ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: send(server, webp_of_one_colour()), range(8)))
    assert {status for status, _ in answers} <= {200, 413, 422, 503}
    assert peak.most < LIMIT_MIB * MIB


def test_a_deadline_ends_the_work_and_not_only_the_waiting(server: Server) -> None:
    large = jpeg_of_segments(31 * MIB)
    with ThreadPoolExecutor(8) as pool:
        statuses = set(pool.map(lambda _: send(server, large, **{"X-Request-Timeout-Ms": "2000"})[0], range(8)))
    assert statuses <= {422, 503, 504}
    began = time.monotonic()
    good_answer(server)
    assert time.monotonic() - began < AT_ONCE_S
    assert httpx.get(f"{server.url}/health/ready").status_code == 200
