"""Folders in the page: dropped from a file manager or chosen, packed in the browser, evaluated by a real server."""

import base64
import io
import os
import re
import zipfile
import zlib
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any, Final

import httpx
import numpy as np
import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import LOOKS, Open, Scheme, Visit
from tests.process.test_server import Server, started
from tests.support.axe import violations
from tests.support.fakes import grey, publish, zip_of

LABELS: Final = ("functional", "defective")
GIB: Final = 1 << 30

Give = Callable[[Page, Path], None]

HOLD_WHAT_IS_SENT: Final = """() => {
  const send = XMLHttpRequest.prototype.send;
  XMLHttpRequest.prototype.send = function (form) { window.go = () => send.call(this, form); };
}"""
KEEP_WHAT_IS_SENT: Final = """() => {
  const send = XMLHttpRequest.prototype.send;
  XMLHttpRequest.prototype.send = function (form) { window.sent = form.get("file"); return send.call(this, form); };
}"""
BYTES: Final = """blob => new Promise(done => {
  const reader = new FileReader();
  reader.onload = () => done(reader.result.slice(reader.result.indexOf(",") + 1));
  reader.readAsDataURL(blob);
})"""
PACK: Final = f"""async files => {{
  const {{crc32, Zip}} = await import("/web/evaluate/zip.js");
  const zip = new Zip();
  const parts = files.flatMap(([path, text]) => {{
    const bytes = Uint8Array.from(atob(text), one => one.charCodeAt(0));
    return [zip.head({{path, size: bytes.length, crc: crc32(bytes)}}), bytes];
  }});
  return ({BYTES})(new Blob([...parts, ...zip.end()]));
}}"""
PACK_EMPTY: Final = f"""async count => {{
  const {{Zip}} = await import("/web/evaluate/zip.js");
  const zip = new Zip();
  const heads = Array.from({{length: count}}, (_, at) => zip.head({{path: `a/${{at}}.png`, size: 0, crc: 0}}));
  return ({BYTES})(new Blob([...heads, ...zip.end()]));
}}"""
HEADS: Final = """async files => {
  const {Zip} = await import("/web/evaluate/zip.js");
  const zip = new Zip();
  const heads = files.map(([path, size, crc]) => [...zip.head({path, size, crc})]);
  return [heads, zip.end().flatMap(one => [...one])];
}"""
CRC: Final = """async ([text, at]) => {
  const {crc32} = await import("/web/evaluate/zip.js");
  const bytes = Uint8Array.from(atob(text), one => one.charCodeAt(0));
  return [crc32(bytes), crc32(bytes.subarray(at), crc32(bytes.subarray(0, at)))];
}"""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Serve a model with a positive label."""
    store = tmp_path_factory.mktemp("store")
    publish(store, "solar-cells", labels=LABELS, positive="defective", threshold=0.5)
    with started(store) as server:
        server.wait_for("is ready")
        yield server


@pytest.fixture
def page(server: Server, open_page: Open) -> Page:
    """Open the view that evaluates."""
    page = open_page(f"{server.url}/#/evaluate").page
    expect(page.get_by_role("button", name="Choose a folder")).to_be_visible()
    return page


@pytest.fixture
def labelled(tmp_path: Path) -> Path:
    """Make a folder as people have them: many files, odd names, one broken, some that are no pictures."""
    root = tmp_path / "my set ü"
    files = {f"functional/{number}.png": grey(80 + number % 3) for number in range(230)}  # listed in several pieces
    files |= {f"Defective/2024/{name}.png": grey(200) for name in ("a b", "größe", "日本語", "😀", "a, 'b'")}
    files |= {"functional/broken.png": grey(9)[:40], "stranger/1.png": grey(130), "functional/empty.png": b""}
    files |= {
        ".DS_Store": b"x",
        "functional/.hidden": b"",
        "__MACOSX/._1.png": b"x",
        "notes.txt": b"none",
        "1.png": grey(0),
    }
    return write(root, files)


def write(root: Path, files: dict[str, bytes]) -> Path:
    for path, data in files.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_bytes(data)
    return root


def write_large(path: Path) -> None:
    """Make a file that takes no block on the disk, and more time to read than any test has."""
    with path.open("wb") as file:
        file.truncate(8 * GIB)


def zipped(root: Path) -> bytes:
    """Pack a folder as Python does, with an entry for each folder."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for path in sorted([root, *root.rglob("*")], key=lambda one: one.relative_to(root.parent).as_posix()):
            archive.write(path, path.relative_to(root.parent))
    return file.getvalue()


def choose(page: Page, folder: Path) -> None:
    with page.expect_file_chooser() as chooser:
        page.get_by_role("button", name="Choose a folder").click()
    chooser.value.set_files(folder)


def drop(page: Page, *paths: Path) -> None:
    """Drop what lies on this machine, as a file manager does."""
    data = {"items": [], "files": [str(path) for path in paths], "dragOperationsMask": 1}
    session = page.context.new_cdp_session(page)
    for kind in ("dragEnter", "dragOver", "drop"):
        session.send("Input.dispatchDragEvent", {"type": kind, "x": 200, "y": 300, "data": data})


def open_try(server: Server, open_page: Open, **look: Any) -> Visit:  # noqa: ANN401
    visit = open_page(f"{server.url}/", **look)
    expect(visit.page.get_by_role("button", name="Choose pictures")).to_be_visible()
    return visit


def evaluate(page: Page) -> None:
    page.get_by_role("button", name="Evaluate", exact=True).click()


def report_of(server: Server, page: Page) -> dict[str, Any]:
    """Return the report that the page arrives at."""
    expect(page).to_have_url(re.compile(r"#/evaluations/\w{26}$"), timeout=60_000)
    body: dict[str, Any] = httpx.get(f"{server.url}/evaluations/{page.url[-26:]}").raise_for_status().json()
    return body


def sent(page: Page) -> zipfile.ZipFile:
    """Open the zip that the page sent."""
    return zipfile.ZipFile(io.BytesIO(base64.b64decode(page.evaluate(f"({BYTES})(window.sent)"))))


def what_it_says(report: dict[str, Any]) -> dict[str, Any]:
    """Return a report without what is another for every evaluation."""
    return {name: value for name, value in report.items() if name not in {"id", "created", "archive"}}


@pytest.mark.parametrize("give", [choose, drop])
def test_a_folder_is_reported_as_the_same_folder_in_a_zip(
    give: Give, server: Server, page: Page, labelled: Path
) -> None:
    give(page, labelled)
    expect(page.get_by_role("strong")).to_have_text("my set ü")
    expect(page.get_by_text("243 files · Drop or choose another")).to_be_visible()
    evaluate(page)
    report = report_of(server, page)
    by_python = httpx.post(f"{server.url}/evaluate", files={"file": ("a.zip", zipped(labelled))}, timeout=60).json()
    assert report["accounting"]["images"] == 238
    assert what_it_says(report) == what_it_says(by_python)
    assert report["archive"]["filename"] == "my set ü.zip"


def test_what_is_packed_is_a_zip_of_every_file_and_the_same_each_time(
    server: Server, page: Page, labelled: Path
) -> None:
    page.evaluate(KEEP_WHAT_IS_SENT)
    digests = set()
    for give in (choose, drop):
        page.goto(f"{server.url}/#/evaluate")
        expect(page.get_by_role("heading", level=1)).to_have_text("Evaluate labelled pictures")
        expect(page.get_by_role("button", name="Choose a folder")).to_be_visible()
        give(page, labelled)
        evaluate(page)
        digests.add(report_of(server, page)["archive"]["sha256"])
        with sent(page) as archive:
            assert archive.testzip() is None
            found = {info.filename: archive.read(info) for info in archive.infolist() if not info.is_dir()}
            assert all(info.flag_bits == 0x800 for info in archive.infolist())
        files = (path for path in labelled.rglob("*") if path.is_file())
        assert found == {path.relative_to(labelled.parent).as_posix(): path.read_bytes() for path in files}
    assert len(digests) == 1


def test_several_folders_are_one_set(server: Server, page: Page, tmp_path: Path) -> None:
    write(tmp_path, {"functional/1.png": grey(0), "defective/2.png": grey(255), "defective/3.png": grey(250)})
    drop(page, tmp_path / "functional", tmp_path / "defective")
    expect(page.get_by_role("strong")).to_have_text("functional, defective")
    evaluate(page)
    report = report_of(server, page)
    assert report["confusion_matrix"]["counts"] == [[1, 0, 0], [0, 2, 0]]
    assert report["accounting"] == {
        "entries": 5, "directories": 2, "ignored": 0, "images": 3, "scored": 3, "unreadable": 0, "damaged": 0,
    }  # fmt: skip


def test_folders_and_a_table_of_labels_are_one_set(server: Server, page: Page, tmp_path: Path) -> None:
    write(tmp_path, {"photos/1.png": grey(0), "labels.csv": b"path,label\nphotos/1.png,functional\n"})
    drop(page, tmp_path / "photos", tmp_path / "labels.csv")
    evaluate(page)
    assert report_of(server, page)["interpretation"]["labels_file"]["path"] == "labels.csv"


def test_a_folder_without_a_file_is_said(server: Server, page: Page, tmp_path: Path) -> None:
    write(tmp_path, {"functional/1.png": grey(0), "defective/2.png": grey(255)})
    (tmp_path / "stranger" / "nothing").mkdir(parents=True)
    drop(page, tmp_path / "stranger")
    expect(page.get_by_role("alert")).to_contain_text("There are no files in stranger.")
    evaluate(page)
    expect(page.get_by_role("alert")).to_contain_text("No folder or zip is chosen yet.")
    drop(page, *(tmp_path / name for name in ("functional", "defective", "stranger")))
    expect(page.get_by_text("There are no files in stranger.")).to_be_visible()
    evaluate(page)
    assert report_of(server, page)["accounting"]["directories"] == 4


def test_a_folder_without_pictures_is_said(page: Page, tmp_path: Path) -> None:
    choose(page, write(tmp_path / "notes", {"a.txt": b"", "b/c.txt": b"none"}))
    evaluate(page)
    expect(page.get_by_role("alert")).to_contain_text("None of the 2 files in notes is a picture.")
    expect(page.get_by_role("alert")).to_contain_text("one folder of pictures per label")


@pytest.mark.parametrize(("give", "is_removed"), [(choose, True), (drop, True), (choose, False)])
def test_a_file_that_changed_meanwhile_is_named(give: Give, page: Page, tmp_path: Path, *, is_removed: bool) -> None:
    root = write(tmp_path / "set", {"functional/1.png": grey(0), "functional/2.png": grey(1)})
    give(page, root)
    expect(page.get_by_text("2 files ·")).to_be_visible()
    if is_removed:
        (root / "functional/2.png").unlink()
    else:
        (root / "functional/2.png").write_bytes(grey(2) * 2)
        os.utime(root / "functional/2.png", (1, 1))
    evaluate(page)
    expect(page.get_by_role("alert")).to_contain_text("set/functional/2.png cannot be read.")
    expect(page.get_by_role("alert")).to_contain_text("choose the folder again")


def test_a_file_that_changes_between_packing_and_sending_is_never_evaluated(page: Page, tmp_path: Path) -> None:
    root = write(tmp_path / "set", {"functional/1.png": grey(0), "functional/2.png": grey(1)})
    page.evaluate(HOLD_WHAT_IS_SENT)
    choose(page, root)
    evaluate(page)
    while not page.evaluate("Boolean(window.go)"):  # the page's policy forbids `wait_for_function` its `eval`
        page.wait_for_timeout(20)
    (root / "functional/2.png").write_bytes(grey(200))
    os.utime(root / "functional/2.png", (1, 1))
    page.evaluate("go()")
    expect(page.get_by_role("alert")).to_contain_text("a file may have been changed or moved")


def test_a_zip_with_something_else_is_said(page: Page, labelled: Path, tmp_path: Path) -> None:
    (tmp_path / "a.zip").write_bytes(zip_of({"functional/1.png": grey(0)}))
    for other in (labelled, labelled / "notes.txt"):
        drop(page, tmp_path / "a.zip", other)
        expect(page.get_by_role("alert")).to_contain_text("A zip is evaluated on its own.")
    drop(page, tmp_path / "a.zip")
    expect(page.get_by_role("strong")).to_have_text("a.zip")
    expect(page.get_by_role("alert")).to_have_count(0)


def test_packing_tells_how_far_it_is_and_can_be_cancelled(server: Server, open_page: Open, tmp_path: Path) -> None:
    visit = open_page(f"{server.url}/#/evaluate")
    root = write(tmp_path / "set", {f"functional/{number:04}.png": bytes([number % 256]) for number in range(1_500)})
    write_large(root / "large.bin")
    choose(visit.page, root)
    evaluate(visit.page)
    steps = visit.page.get_by_role("list").get_by_role("listitem")
    expect(steps.filter(has_text="Pack")).to_have_attribute("aria-current", "step")
    expect(
        visit.page.get_by_text(re.compile(r"\d+ of 1,501 files packed · [\d,.]+ files a second · about"))
    ).to_be_visible()
    visit.page.get_by_role("button", name="Cancel").click()
    expect(visit.page.get_by_text("Cancelled. Nothing was sent.")).to_be_visible()
    expect(visit.page.get_by_role("strong")).to_have_text("set")
    expect(visit.page.get_by_role("button", name="Evaluate", exact=True)).to_be_focused()
    assert [one for one in visit.requests if "/evaluate?" in one] == []
    assert visit.messages == []


def test_who_cancels_need_not_wait_for_the_end_of_a_file(page: Page, tmp_path: Path) -> None:
    root = tmp_path / "set"
    root.mkdir()
    write_large(root / "large.bin")
    choose(page, root)
    evaluate(page)
    expect(page.get_by_text("0 of 1 files packed")).to_be_visible()
    page.get_by_role("button", name="Cancel").click()
    expect(page.get_by_text("Cancelled. Nothing was sent.")).to_be_visible()


def test_the_keyboard_is_enough(server: Server, page: Page, labelled: Path) -> None:
    with page.expect_file_chooser() as chooser:
        page.get_by_role("button", name="Choose a folder").press("Enter")
    chooser.value.set_files(labelled)
    expect(page.locator("#status")).to_have_text("my set ü: 243 files.")
    page.get_by_role("button", name="Evaluate", exact=True).press("Space")
    assert report_of(server, page)["accounting"]["images"] == 238


@pytest.mark.parametrize("kind", ["folder", "zip"])
def test_a_set_on_the_view_for_single_pictures_is_led_to_where_it_is_evaluated(
    kind: str, server: Server, open_page: Open, labelled: Path, tmp_path: Path
) -> None:
    visit = open_try(server, open_page)
    page = visit.page
    (tmp_path / "cells.zip").write_bytes(zipped(labelled))
    name = "my set ü" if kind == "folder" else "cells.zip"
    drop(page, tmp_path / name)
    expect(page.get_by_role("main")).to_contain_text(f"{name} is a set of pictures.")
    expect(page.locator("#status")).to_contain_text("Evaluate a labelled set")
    expect(page.get_by_role("heading", name="Predictions")).to_be_hidden()
    page.get_by_role("link", name="Evaluate it").click()
    expect(page.get_by_role("strong")).to_have_text(name)
    evaluate(page)
    assert report_of(server, page)["accounting"]["images"] == 238
    page.get_by_role("link", name="Evaluate", exact=True).click()
    expect(page.get_by_role("strong")).to_have_text(re.compile("Drop a folder or a zip"))
    assert visit.messages == []


def test_pictures_after_a_set_are_predicted(server: Server, open_page: Open, labelled: Path) -> None:
    page = open_try(server, open_page).page
    drop(page, labelled)
    expect(page.get_by_role("link", name="Evaluate it")).to_be_visible()
    drop(page, labelled / "1.png")
    expect(page.get_by_role("listitem").filter(has_text="1.png")).to_contain_text("Predicted functional")
    expect(page.get_by_role("link", name="Evaluate it")).to_have_count(0)
    page.get_by_role("link", name="Evaluate", exact=True).click()
    expect(page.get_by_role("strong")).to_have_text(re.compile("Drop a folder or a zip"))


@pytest.mark.parametrize(("width", "scheme"), LOOKS)
def test_everybody_can_give_a_folder(
    width: int, scheme: Scheme, server: Server, open_page: Open, tmp_path: Path
) -> None:
    root = write(tmp_path / ("long-" * 30), {"functional/1.png": grey(0)})
    write_large(root / "large.bin")
    visit = open_try(server, open_page, width=width, scheme=scheme)
    page = visit.page
    drop(page, root)
    expect(page.get_by_role("link", name="Evaluate it")).to_be_visible()
    looks = [(violations(page), sideways(page))]
    page.get_by_role("link", name="Evaluate it").click()
    expect(page.get_by_text("2 files ·")).to_be_visible()
    looks.append((violations(page), sideways(page)))
    evaluate(page)
    expect(page.get_by_text("files packed")).to_be_visible()
    looks.append((violations(page), sideways(page)))
    assert looks == [({}, False)] * 3
    assert visit.messages == []


def sideways(page: Page) -> bool:
    return bool(page.evaluate("document.documentElement.scrollWidth > innerWidth"))


def test_checksums_are_those_of_zlib(page: Page) -> None:
    dice = np.random.default_rng(3)
    for size in (0, 1, 2, 255, 70_001):
        data = dice.bytes(size)
        both = page.evaluate(CRC, [base64.b64encode(data).decode(), int(dice.integers(size + 1))])
        assert both == [zlib.crc32(data)] * 2


def test_any_names_and_bytes_come_back(page: Page) -> None:
    dice = np.random.default_rng(4)
    letters = [*"ab .,'()[]&#%+=~", "ä", "ß", "日", "😀", "e\u0301", "\u202e"]
    steps = ["".join(dice.choice(letters, size=int(dice.integers(1, 60)))) for _ in range(200)]
    files = {f"{one}/{other}": dice.bytes(int(dice.integers(300))) for one, other in pairwise(steps)}
    made = page.evaluate(PACK, [[path, base64.b64encode(data).decode()] for path, data in files.items()])
    with zipfile.ZipFile(io.BytesIO(base64.b64decode(made))) as archive:
        assert archive.testzip() is None
        assert {info.filename: archive.read(info) for info in archive.infolist()} == files


@pytest.mark.parametrize(("count", "is_in_64_bits"), [(65_534, False), (65_535, True)])
def test_more_entries_than_16_bits_count_are_told_in_64(count: int, page: Page, *, is_in_64_bits: bool) -> None:
    data = base64.b64decode(page.evaluate(PACK_EMPTY, count))
    assert (data[-42:-38] == b"PK\6\7") is is_in_64_bits  # the locator, before the end
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        assert archive.namelist() == [f"a/{number}.png" for number in range(count)]


def test_sizes_and_places_beyond_four_gib_are_told_in_64_bits(page: Page, tmp_path: Path) -> None:
    small = b"small"
    sizes = {"a.bin": 4 * GIB - 100, "b.png": len(small), "c.bin": 4 * GIB - 1, "d.bin": 5 * GIB, "e.png": len(small)}
    crc = zlib.crc32(small)
    heads, end = page.evaluate(HEADS, [[path, size, crc] for path, size in sizes.items()])
    with (tmp_path / "large.zip").open("w+b") as file:
        for head, size in zip(heads, sizes.values(), strict=True):
            file.write(bytes(head))
            if size == len(small):
                file.write(small)
            else:
                file.seek(size, os.SEEK_CUR)  # without a block on the disk
        file.write(bytes(end))
        with zipfile.ZipFile(file) as archive:
            assert {info.filename: info.file_size for info in archive.infolist()} == sizes
            assert [info.extract_version for info in archive.infolist()] == [20, 20, 45, 45, 45]
            assert archive.read("b.png") == archive.read("e.png") == small
            for path in sizes:
                archive.open(path).close()  # its head is where the table says
