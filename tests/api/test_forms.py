"""A request that is formed differently than a route reads it: the problem says what came, and one remedy."""

import base64
from typing import Any

import pytest

from tests.api.conftest import Client
from tests.support.fakes import grey, zip_of
from tests.support.problem_shape import assert_problem

PICTURE = grey(204)
SET = zip_of({"dark/1.png": PICTURE})
BASE64 = base64.b64encode(PICTURE).decode()
LONG = base64.b64encode(bytes(range(256)) * 400).decode()
FILE = 'name="file"; filename="a.png"'
BY_HAND = "Do not set Content-Type by hand"


def form(*parts: tuple[str, bytes], declared: str = "b", line_end: bytes = b"\r\n") -> dict[str, Any]:
    """A form from `Content-Disposition` parameters and bytes; its boundary is `b`."""
    heads = (
        f"--b\r\nContent-Disposition: form-data; {name}\r\n\r\n".encode().replace(b"\r\n", line_end)
        for name, _ in parts
    )
    body = b"".join(head + data + line_end for head, (_, data) in zip(heads, parts, strict=True))
    return as_form(body + b"--b--" + line_end, declared)


def as_form(body: bytes, boundary: str) -> dict[str, Any]:
    return {"content": body, "headers": {"content-type": f"multipart/form-data; boundary={boundary}"}}


def field(text: str, name: str = "file") -> dict[str, Any]:
    """A form with text in a field."""
    return {"files": {name: (None, text)}}


@pytest.mark.parametrize(
    ("path", "sent", "detail", "hint"),
    [
        ("/predict", {"files": {"image": ("a.png", PICTURE)}}, "the field 'image'", "Send the file as 'file'"),
        ("/predict", {"files": {"x": ("a", PICTURE)}, "data": {"y": "1"}}, "the field 'x'", "-F file=@FILE"),
        ("/predict/batch", {"files": {"files[]": ("a.png", PICTURE)}}, "the field 'files[]'", "as 'files'"),
        ("/predict/batch", {"files": {"a": ("a", b"1"), "b": ("b", b"2")}}, "the fields 'a' and 'b'", "as 'files'"),
        ("/evaluate", {"files": {"archive": ("a.zip", SET)}}, "the field 'archive'", "Send the file as 'file'"),
        ("/predict", {"files": {"a\x1b" * 99: ("a", PICTURE)}}, r"the field 'a\\x1b", "as 'file'"),
        ("/predict", field("1", "top_k"), "the field 'top_k', with text", "with a file name"),
        ("/predict", form(), "the form is empty", "-F file=@FILE"),
        ("/predict", form(('name="file"', PICTURE)), "has no file name", 'name="file"; filename='),
        ("/evaluate", form(('name="file"', SET)), "has no file name", 'name="file"; filename='),
        ("/predict/batch", field("[object Object]", "files"), "text: '[object Object]'", 'name="files"; filename='),
        ("/predict", field(f"data:image/png;base64,{BASE64}"), "a data: URL (data:image/png;base64)", "Decode"),
        ("/predict/batch", field(f" DATA:image/x;q=1,{BASE64}", "files"), "a data: URL", "Decode the base64"),
        ("/predict", field(BASE64), "in base64", "Decode the base64 and send the bytes"),
        ("/evaluate", field(base64.b64encode(SET).decode()), "in base64", "Decode the base64"),
        ("/predict", field(base64.encodebytes(bytes(range(200))).decode()), "in base64", "Decode the base64"),
        ("/predict", field("cat photo.jpg"), "the text 'cat photo.jpg'", "-F file=@cat photo.jpg"),
        ("/evaluate", field("../held-out/test.zip"), "the text '../held-out/test.zip'", "put @ before its name"),
        ("/predict", field("https://example.org/cat.jpg"), "the text 'https://", "Download the file"),
    ],
)
async def test_a_form_without_its_file_says_what_it_has_instead(
    client: Client, path: str, sent: dict[str, Any], detail: str, hint: str
) -> None:
    problem = assert_problem(await client.post(path, **sent), "missing-file")
    assert detail in problem["detail"]
    assert hint in problem["hint"]


@pytest.mark.parametrize(
    ("sent", "detail", "hint"),
    [
        ({"content": b"x", "headers": {"content-type": "multipart/form-data"}}, "without a boundary", BY_HAND),
        ({"content": b"x", "headers": {"content-type": "Multipart/Form-Data; charset=utf-8"}}, "without a", BY_HAND),
        (as_form(PICTURE, '""'), "without a boundary", BY_HAND),
        (form((FILE, PICTURE), declared="7e3f"), "its boundary is 'b', but", BY_HAND),
        (form((FILE, PICTURE), declared="bb"), "declares the boundary 'bb'", BY_HAND),
        (as_form(b'{"image": "abc"}', "b"), 'begins with \'{"image": "abc"}\'', BY_HAND),
        (as_form(PICTURE, "b"), "the body is a file", "image/jpeg"),
        (as_form(SET, "b"), "the body is a file", "application/zip"),
        (as_form(b"--" + b"b" * 300 + b"--\r\n", "b" * 300), "more than 256 bytes", BY_HAND),
        (form((FILE, PICTURE), line_end=b"\n"), "LF and without CR", "CRLF"),
        (form((FILE, PICTURE), (FILE, PICTURE)), "too many files", "/predict/batch"),
        (form(*[(f"name=f{number}", b"x") for number in range(17)]), "too many fields", "Leave out"),
        (form(("filename=a", PICTURE)), "no name", "Name it"),
        (as_form(form((FILE, PICTURE))["content"][:-9], "b"), "ends before its last boundary", "whole form again"),
        (field(LONG), "the field 'file' is text, in base64, of more than 64 KiB", "Decode the base64"),
        (field(f"data:image/jpeg;base64,{LONG}"), "a data: URL", "Decode the base64"),
        (form(('name="file"', bytes(70_000))), "the field 'file' has no file name", "filename="),
        ({"content": form((FILE, PICTURE))["content"], "headers": {"content-type": "image/png"}}, "image/png", BY_HAND),
        ({"content": form((FILE, PICTURE))["content"]}, "Content-Type declares it as nothing", BY_HAND),
    ],
)
async def test_a_form_that_cannot_be_read_says_why_and_what_to_do(
    client: Client, sent: dict[str, Any], detail: str, hint: str
) -> None:
    problem = assert_problem(await client.post("/predict", **sent), "malformed-form")
    assert detail in problem["detail"]
    assert hint in problem["hint"]


@pytest.mark.parametrize("path", ["/predict", "/predict/batch", "/evaluate"])
async def test_a_form_without_a_byte_is_an_empty_body(client: Client, path: str) -> None:
    assert_problem(await client.post(path, **as_form(b"", "b")), "empty-body")


@pytest.mark.parametrize(
    ("path", "declared", "hint"),
    [
        ("/predict", "application/json", "not as base64 in JSON. With curl: -H 'Content-Type: image/jpeg'"),
        ("/evaluate", "application/vnd.api+json", "-H 'Content-Type: application/zip' --data-binary @FILE"),
        ("/evaluate", "application/gzip", "Pack the files as a zip instead"),
        ("/evaluate", "application/x-tar", "Pack the files as a zip instead"),
        ("/predict/batch", "application/x-7z-compressed", "Pack the files as a zip instead"),
        ("/predict", "application/gzip", "Unpack it and send one image"),
        ("/predict", "multipart/mixed; boundary=b", "Send the form as multipart/form-data"),
        ("/predict", "text/plain", "Declare one of: image/*"),
    ],
)
async def test_a_media_type_that_is_not_accepted_has_a_remedy(
    client: Client, path: str, declared: str, hint: str
) -> None:
    response = await client.post(path, content=b"x", headers={"content-type": declared})
    problem = assert_problem(response, "unsupported-media-type")
    assert declared.partition(";")[0] in problem["detail"]
    assert hint in problem["hint"]


@pytest.mark.parametrize("coding", ["gzip", "br", "deflate, gzip", "zstd"])
@pytest.mark.parametrize("path", ["/predict", "/predict/batch", "/evaluate"])
async def test_a_content_coding_is_named_and_not_taken_for_a_damaged_file(
    client: Client, path: str, coding: str
) -> None:
    problem = assert_problem(
        await client.post(path, content=PICTURE, headers={"content-encoding": coding}), "unsupported-media-type"
    )
    assert repr(coding) in problem["detail"]
    assert "without Content-Encoding" in problem["hint"]


async def test_the_coding_that_changes_nothing_is_accepted(client: Client) -> None:
    response = await client.post("/predict", content=PICTURE, headers={"content-encoding": "Identity"})
    assert response.json()["label"] == "light"


@pytest.mark.parametrize(
    ("disposition", "filename"),
    [
        ("name=file; filename*=utf-8''%E5%9B%BE.png", "图.png"),
        ("name=file; filename=\"=?utf-8?B?5Zu+LnBuZw==?=\"; filename*=utf-8''%E5%9B%BE.png", "图.png"),
        ('name="file"; filename="x.png"; filename*=UTF-8\'de\'K%C3%A4se%20%231.png', "Käse #1.png"),
        ("name=file; filename*=utf-7''%2B2AA-", ""),
    ],
)
async def test_the_extended_file_name_is_the_one_that_is_answered(
    client: Client, disposition: str, filename: str
) -> None:
    response = await client.post("/predict", **form((disposition, PICTURE)))
    assert (response.status_code, response.json()["filename"]) == (200, filename)


async def test_extended_file_names_name_the_files_of_a_batch(client: Client) -> None:
    parts = [(f"name=files; filename*=utf-8''{name}.png", PICTURE) for name in ("%C3%A9", "%E2%82%AC")]
    body = (await client.post("/predict/batch", **form(*parts))).json()
    assert [result["filename"] for result in body["results"]] == ["é.png", "€.png"]
