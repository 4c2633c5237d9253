"""Zips made to deceive, field by field: bombs, false sizes, counts and places, and directories without end."""

import io
import struct
import time
import tracemalloc
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from app.settings import Settings
from model_store.errors import ImageRejected, SetRejected
from model_store.labelled_sets.archives.archive import Archive
from model_store.labelled_sets.labelled_set import REASONS, LabelledSet, SetLimits
from tests.support.fakes import LABELS, grey, zip_of
from tests.support.zips import DEFLATED, STORED, Entry, lie, make_zip

MIB = 1 << 20
LIMITS = SetLimits(max_entries=50, max_uncompressed_bytes=200_000, max_compression_ratio=200, max_image_bytes=5_000)
FIRST, SECOND = grey(7), grey(250)
PAIR = [Entry("dark/1.png", FIRST), Entry("light/2.png", SECOND)]
PAIR64 = [Entry(one.path, one.data, is_zip64=True) for one in PAIR]
WHOLE = {"dark/1.png": "read", "light/2.png": "read"}
FIRST_IS_CORRUPT = WHOLE | {"dark/1.png": "corrupt"}
OUTSIDE = "corrupt" if "_end_offset" in zipfile.ZipInfo.__slots__ else "truncated"
"""A newer `zipfile` compares where an entry ends with where the next begins; an older one reads on to the end."""


def opened(data: bytes, limits: SetLimits = LIMITS) -> LabelledSet:
    return Archive(io.BytesIO(data), limits).labelled(LABELS)


def refusal(data: bytes, limits: SetLimits = LIMITS) -> str:
    with pytest.raises(SetRejected) as caught:
        opened(data, limits)
    assert caught.value.reason in REASONS
    return caught.value.reason


def fate(given: LabelledSet, path: str) -> str:
    """Read an image: `read`, or the reason why it cannot be."""
    try:
        assert given.read(path) == {"dark/1.png": FIRST, "light/2.png": SECOND}[path]
    except ImageRejected as error:
        return error.reason
    return "read"


def fates(data: bytes) -> dict[str, str]:
    given = opened(data)
    assert len(given.images) + len(given.ignored) + given.directories == 2
    return {image.path: fate(given, image.path) for image in given.images}


@contextmanager
def within(seconds: float, peak_bytes: int) -> Iterator[None]:
    """Assert that a block takes no more of the processor, and no more memory at any moment."""
    tracemalloc.start()
    started = time.process_time()
    try:
        yield
        assert tracemalloc.get_traced_memory()[1] < peak_bytes
        assert time.process_time() - started < seconds  # of this process: a busy machine is not its fault
    finally:
        tracemalloc.stop()


def quoting_bomb(files: int, kernel_bytes: int) -> bytes:
    """Fifield's bomb: each file's data quote the header of the next one as text, and all end in the same kernel."""
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    packed, unpacked = packer.compress(bytes(kernel_bytes)) + packer.flush(), bytes(kernel_bytes)
    central: list[bytes] = []
    for number in reversed(range(files)):
        name = f"dark/{number:03}.png".encode()
        fields = struct.pack("<HHHHHIII", 20, 0, DEFLATED, 0, 0x21, zlib.crc32(unpacked), len(packed), len(unpacked))
        header = b"PK\3\4" + fields + struct.pack("<HH", len(name), 0) + name
        central.insert(0, b"PK\1\2\x14\0" + fields + struct.pack("<HHHHHI", len(name), 0, 0, 0, 0, 0) + bytes(4) + name)
        quote = struct.pack("<BHH", 0, len(header), len(header) ^ 0xFFFF)
        packed, unpacked = quote + header + packed, header + unpacked
    body = packed[5:]
    places = [body.index(b"PK\3\4" + entry[6:30]) for entry in central]
    directory = b"".join(
        entry[:42] + struct.pack("<I", place) + entry[46:] for entry, place in zip(central, places, strict=True)
    )
    end = struct.pack("<4sHHHHIIH", b"PK\5\6", 0, 0, files, files, len(directory), len(body), 0)
    return body + directory + end


def test_a_bomb_of_files_that_quote_each_other_is_refused_and_was_a_real_one() -> None:
    bomb = quoting_bomb(files=40, kernel_bytes=4_000)
    with zipfile.ZipFile(io.BytesIO(bomb)) as archive:
        assert archive.read("dark/039.png") == bytes(4_000)
    assert refusal(bomb) == "compression-ratio"


def bomb_of_zips(depth: int) -> bytes:
    data = zip_of({"dark/1.png": bytes(10 * MIB)})
    for _ in range(depth):
        data = zip_of({f"{number}.zip": data for number in range(16)})
    return data


def test_a_zip_of_zips_of_zips_is_refused_without_opening_one() -> None:
    bomb = bomb_of_zips(2)
    with within(1, MIB):
        assert refusal(bomb) == "nested-archive-only"


def test_beside_images_an_inner_archive_is_no_image_and_is_not_opened() -> None:
    data = zip_of({"dark/1.png": FIRST, "dark/inner.zip": bomb_of_zips(1), "dark/inner": bomb_of_zips(1)})
    with within(1, MIB):
        given = opened(data)
    assert {one.path: one.reason for one in given.ignored} == dict.fromkeys(
        ["dark/inner.zip", "dark/inner"], "not-an-image"
    )
    assert fate(given, "dark/1.png") == "read"


def in_one(path: str, **fields: int) -> bytes:
    return lie([Entry(path, FIRST, **fields)])  # type: ignore[arg-type]


LINK, FIFO, SOCKET, BLOCK = 0o120777, 0o010644, 0o140755, 0o060644


@pytest.mark.parametrize(
    ("reason", "data"),
    [
        *(("encrypted", lie(PAIR, central__1__flags=flags)) for flags in (0x1, 0x41, 0x2041, 0xFFFF & ~0x20)),
        *(
            ("unsupported-compression", lie(PAIR, central__1__method=method))
            for method in (1, 6, 9, 93, 95, 99, 0xFFFF)
        ),
        *(("link", in_one("dark/1.png", mode=mode)) for mode in (LINK, FIFO, SOCKET, BLOCK)),
        *(("unsafe-path", in_one(path)) for path in ("..", "../", "a/..", "..\\1.png", "a\\..\\..\\1.png", "/", "\\")),
        *(("unsafe-path", in_one(path)) for path in ("c:1.png", "Z:/1.png", "//host/1.png", "\\\\?\\C:\\1.png")),
        *(("unsafe-path", in_one(f"dark/{chr(code)}.png")) for code in range(32)),
        ("unsafe-path", in_one("")),
        *(("duplicate-path", lie([*PAIR, Entry(path, FIRST)])) for path in ("light/2.png", "light\\2.png")),
        *(("duplicate-path", lie([*PAIR, Entry(path, FIRST)])) for path in ("./light/2.png", "light/.//./2.png")),
        ("duplicate-path", lie([*PAIR, Entry(b"light/2.png", FIRST)])),
        ("truncated", lie([*PAIR, Entry(b"light/\xc0\xae\xc0\xae/2.png", flags=0x800)])),  # dots in too many bytes
        ("compression-ratio", lie(PAIR, central__1__packed_size=2**32 - 1)),
        ("compression-ratio", lie(PAIR, central__1__packed_size=200)),
        ("compression-ratio", lie(PAIR, central__1__offset=1)),
        ("compression-ratio", lie(PAIR, central__0__offset=2**32 - 2)),
        ("too-large-uncompressed", lie(PAIR, central__1__size=2**32 - 1)),
        ("too-large-uncompressed", lie(PAIR64, central__1__extra_size=2**32 - 1)),
        ("too-large-uncompressed", lie(PAIR64, central__1__extra_size=2**64 - 1)),
        ("compression-ratio", lie(PAIR64, central__1__extra_packed_size=2**64 - 1)),
        ("compression-ratio", lie(PAIR64, central__0__extra_offset=2**64 - 1)),
        *(("truncated", lie(PAIR64, central__1__extra_bytes=length)) for length in (0, 7, 8, 25, 0xFFFF)),
        *(("truncated", lie(PAIR, end__entries=count)) for count in (0, 1, 3, 0xFFFE, 0xFFFF)),
        *(("truncated", lie(PAIR, end__size=size)) for size in (1, 45, 200, 2**32 - 1)),
        *(("truncated", lie(PAIR, end__disk=disk)) for disk in (1, 7)),
    ],
)
def test_what_deceives_as_a_whole_is_refused(reason: str, data: bytes) -> None:
    assert refusal(data) == reason


@pytest.mark.parametrize(
    ("lies", "expected"),
    [
        *(({f"central.0.{field}": 0}, FIRST_IS_CORRUPT) for field in ("size", "crc", "packed_size")),
        *(({"central.0.size": size}, FIRST_IS_CORRUPT) for size in (1, len(FIRST) - 1)),
        ({"central.0.size": 4_999}, WHOLE),  # it says more than it has, which harms nobody
        ({"central.0.size": 5_001}, WHOLE | {"dark/1.png": "too-large"}),
        ({"central.0.packed_size": 30}, FIRST_IS_CORRUPT),
        *(({"central.0.flags": 0x800 | flag}, FIRST_IS_CORRUPT) for flag in (0x20, 0x40)),
        *(({"local.0.name_length": length}, FIRST_IS_CORRUPT) for length in (0, 9, 11, 0xFFFF)),
        ({"local.0.extra_length": 1}, FIRST_IS_CORRUPT),
        ({"local.0.extra_length": 0xFFFF}, WHOLE | {"dark/1.png": OUTSIDE}),
        *(({f"local.0.{field}": 0xFFFF}, WHOLE) for field in ("size", "packed_size", "crc", "method", "time")),
        *(({f"local.0.{field}": 2**32 - 1}, WHOLE) for field in ("size", "packed_size")),
        ({"central.0.disk": 9, "central.0.internal": 9, "central.0.time": 0xFFFF, "central.0.date": 0}, WHOLE),
        ({"end.entries_here": 0, "end.its_disk": 9}, WHOLE),
    ],
)
def test_a_header_that_lies_spoils_its_own_file_at_most(lies: dict[str, int], expected: dict[str, str]) -> None:
    assert fates(bytes(make_zip(PAIR, lies).data)) == expected


@pytest.mark.parametrize(
    ("lies", "reason"),
    [
        *(({"end64.entries": count}, "truncated") for count in (0, 1, 3, 0xFFFF, 2**16 + 2, 2**32, 2**64 - 1)),
        *(({"end64.size": size}, "truncated") for size in (2**31, 2**63, 2**64 - 1)),
        *(({"locator.disk": disk}, "truncated") for disk in (1, 2**32 - 1)),
        *(({"locator.disks": disks}, "truncated") for disks in (2, 2**32 - 1)),
    ],
)
def test_an_end_in_64_bits_that_lies_is_refused(lies: dict[str, int], reason: str) -> None:
    assert fates(bytes(make_zip(PAIR64, is_zip64=True).data)) == WHOLE
    assert refusal(bytes(make_zip(PAIR64, lies, is_zip64=True).data)) == reason


@pytest.mark.parametrize("before", [b"", b"MZ" + bytes(500), zip_of({"dark/other.png": FIRST})])
@pytest.mark.parametrize("is_zip64", [False, True])
@pytest.mark.parametrize("method", [STORED, DEFLATED])
def test_descriptors_comments_and_bytes_before_do_no_harm(before: bytes, is_zip64: bool, method: int) -> None:  # noqa: FBT001
    entries = [
        Entry(one.path, one.data, method, has_descriptor=True, is_zip64=is_zip64, comment=b"PK\5\6") for one in PAIR
    ]
    assert fates(bytes(make_zip(entries, before=before, comment=b"by hand" * 99, is_zip64=is_zip64).data)) == WHOLE


def test_a_descriptor_that_lies_is_not_believed() -> None:
    entries = [Entry(one.path, one.data, has_descriptor=True) for one in PAIR]
    lies = {f"descriptor.0.{field}": 2**32 - 1 for field in ("crc", "packed_size", "size")}
    assert fates(bytes(make_zip(entries, lies).data)) == WHOLE


def empty_files(count: int) -> tuple[bytes, bytes]:
    """Return the entries and the directory of a zip of empty files, without the end that counts them."""
    body, directory = bytearray(), bytearray()
    fields = struct.pack("<HHHHHIII", 20, 0, STORED, 0, 0x21, 0, 0, 0)
    for number in range(count):
        name = b"dark/%d.png" % number
        offset = len(body)
        body += b"PK\3\4" + fields + struct.pack("<HH", len(name), 0) + name
        directory += b"PK\1\2\x14\3" + fields + struct.pack("<HHHHHII", len(name), 0, 0, 0, 0, 0, offset) + name
    return bytes(body), bytes(directory)


def test_more_entries_than_16_bits_can_count_are_taken_however_they_are_counted() -> None:
    count = 2**16 + 3
    body, directory = empty_files(count)
    size, offset = len(directory), len(body)
    end64 = struct.pack("<4sQHHIIQQQQ", b"PK\6\6", 44, 45, 45, 0, 0, count, count, size, offset)
    locator = struct.pack("<4sIQI", b"PK\6\7", 0, offset + size, 1)
    in_64_bits = end64 + locator + struct.pack("<4sHHHHIIH", b"PK\5\6", 0, 0, 0xFFFF, 0xFFFF, size, offset, 0)
    in_16_bits = struct.pack("<4sHHHHIIH", b"PK\5\6", 0, 0, 3, 3, size, offset, 0)
    for end in (in_64_bits, in_16_bits):
        assert len(opened(body + directory + end, Settings().set_limits()).images) == count


class Endless(io.RawIOBase):
    """A file that is mostly the same entry of a directory over and over, made where it is read."""

    TILE = b"PK\1\2" + bytes(24) + struct.pack("<H", 2) + bytes(16) + b"/x"

    def __init__(self, entries: int, told_bytes: int | None = None, told_entries: int = 0xFFFF) -> None:
        size = entries * len(self.TILE)
        told = size if told_bytes is None else told_bytes
        end64 = struct.pack("<4sQHHIIQQQQ", b"PK\6\6", 44, 45, 45, 0, 0, told_entries, told_entries, told, 0)
        locator = struct.pack("<4sIQI", b"PK\6\7", 0, size, 1)
        end = struct.pack("<4sHHHHIIH", b"PK\5\6", 0, 0, 0xFFFF, 0xFFFF, 2**32 - 1, 2**32 - 1, 0)
        self.tail = end64 + locator + end
        self.directory_bytes = size
        self.at = 0

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        self.at = offset + (0, self.at, self.directory_bytes + len(self.tail))[whence]
        if self.at < 0:
            raise OSError(22, "invalid argument")
        return self.at

    def tell(self) -> int:
        return self.at

    def read(self, size: int = -1) -> bytes:
        left = self.directory_bytes + len(self.tail) - self.at
        size = left if size < 0 else min(size, left)
        skip = self.at % len(self.TILE)
        in_directory = min(size, max(0, self.directory_bytes - self.at))
        data = (self.TILE * (in_directory // len(self.TILE) + 2))[skip : skip + in_directory]
        place = max(0, self.at - self.directory_bytes)
        data += self.tail[place : place + size - in_directory]
        self.at += len(data)
        return data


def refusal_of(file: Endless) -> str:
    with pytest.raises(SetRejected) as caught:
        Archive(file, Settings().set_limits())  # type: ignore[arg-type]  # a raw file reads as others do
    return caught.value.reason


@pytest.mark.parametrize("told_entries", [0, 3, 10_000_000, 2**64 - 1])
def test_a_directory_of_ten_million_entries_is_refused_unread(told_entries: int) -> None:
    with within(1, MIB):
        assert refusal_of(Endless(10_000_000, told_entries=told_entries)) == "too-many-entries"


def test_a_directory_of_two_million_entries_in_few_bytes_is_refused_before_an_object_is_made_of_one() -> None:
    bytes_read = 2_000_000 * len(Endless.TILE)
    assert bytes_read < 100_000 * 1024  # else it would not be read at all
    with within(5, 3 * bytes_read):  # the test's file makes them twice
        assert refusal_of(Endless(2_000_000)) == "too-many-entries"


def test_an_end_that_tells_of_fewer_entries_than_millions_hides_them_at_no_cost() -> None:
    with within(1, MIB):
        assert refusal_of(Endless(10_000_000, told_bytes=3 * len(Endless.TILE), told_entries=3)) == "compression-ratio"


def test_no_more_is_unpacked_than_an_entry_says() -> None:
    files = [Entry("dark/1.png", bytes(10 * MIB)), Entry("light/2.png", SECOND)]
    given = opened(bytes(make_zip(files, {"central.0.size": 100}).data), Settings().set_limits())
    with within(1, MIB):
        assert fate(given, "dark/1.png") == "corrupt"


COMBINING = "\u0301" * 8_000 + "\u0334" * 8_000
"""What Unicode must sort, in a time that grows with the square of the length."""


@pytest.mark.parametrize(
    "path",
    [
        lambda number: f"dark/{COMBINING}{number}.png",
        lambda number: f"{COMBINING}{number}/1.png",
        lambda number: f"set/{COMBINING}{number}/1.png",
        lambda number: f"{number}/" + "a/" * 30_000 + "1.png",
        lambda number: f"{number}/" + "x" * 60_000 + ".png",
    ],
)
def test_long_paths_take_no_long_time(path: Callable[[int], str]) -> None:
    known = [Entry("set/dark/1.png", method=STORED), Entry("dark/1.png", method=STORED)]
    data = lie([*known, *(Entry(path(number), method=STORED) for number in range(40))])
    with within(5, 40 * MIB):
        given = opened(data, Settings().set_limits())
    assert len(given.images) + len(given.ignored) == 42
