"""Text in place of a picture is told apart, whatever its encoding, and in no more than a moment."""

import base64
import time

import pytest

from model_store.images.foreign_text import describe_text
from tests.support.images import odd_images

PAGE = "<html><body>Zugriff verweigert: die Datei ist gesch\u00fctzt</body></html>"
POINTER = "version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 48213\n"
PICTURE = odd_images()["png-rgba"].data


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("<!doctype HTML>\n<title>Error 503</title>", "web page"),
        ("\ufeff\r\n  <!-- cached --><html lang='en'><svg></svg>", "web page"),
        ('<?xml version="1.0"?><!-- Inkscape -->\n<svg width="8"><title>x</title></svg>', "SVG"),
        ('<?xml version="1.0"?><Error><Code>AccessDenied</Code></Error>', "XML"),
        ('{"error": {"code": 403}}', "JSON"),
        ("[ ]", "JSON"),
        ('{\n  "image_b64": "iVBORw0KGgo"}', "JSON"),
        (POINTER, "git lfs pull"),
        ("/annex/objects/SHA256E-s1048--07b1.jpg\n", "git-annex"),
        ("HTTP/1.1 200 OK\r\nContent-Type: image/png\r\n\r\n", "HTTP response"),
        (base64.b64encode(PICTURE).decode(), "base64"),
        (base64.encodebytes(odd_images()["jpeg-grey"].data).decode(), "base64"),
        (base64.urlsafe_b64encode(odd_images()["webp-lossy"].data).decode(), "base64"),
        ("data:image/jpeg;charset=utf-8;base64,/9j/4AAQ", "base64"),
        ("Too many requests, retry later", "begins with 'Too many requests"),
        ("path,label\n1.png,cat\n", "plain text"),
    ],
)
def test_a_text_is_named(text: str, words: str) -> None:
    assert words in str(describe_text(text.encode()))


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "latin-1", "cp1252", "utf-16"])
def test_the_encoding_of_a_page_does_not_matter(encoding: str) -> None:
    assert "web page" in str(describe_text(PAGE.encode(encoding)))


def test_a_letter_that_is_cut_where_reading_ends_costs_nothing() -> None:
    assert "plain text" in str(describe_text("\u00e9".join(["a" * 4095, "b"]).encode()))


@pytest.mark.parametrize("data", [PICTURE, b"\x00\x01\x02", b"\xff\xfe\xfd", b"\xe9\xe8\xe7\xe6", b"  \n\t"])
def test_bytes_are_no_text(data: bytes) -> None:
    assert describe_text(data) is None


def test_what_is_quoted_controls_no_terminal() -> None:
    assert "\x1b" not in str(describe_text("hello \u202e \u009b31m there".encode()))


@pytest.mark.parametrize("part", ["<!-- -->", "<?xml ", "data:", "[", "/annex", "<a ", ";base64", "=A"])
def test_no_text_makes_the_patterns_slow(part: str) -> None:
    started = time.perf_counter()
    describe_text(part.encode() * 4096)
    assert time.perf_counter() - started < 0.2
