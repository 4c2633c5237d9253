"""Requests that the service answers, for every route of its OpenAPI document: what changes begin with."""

import io
import urllib.parse
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import httpx
from PIL import Image

from tests.support.fakes import grey, zip_of

FORMATS = ("PNG", "JPEG", "WEBP", "GIF", "BMP", "TIFF")
PAGES = ("/", "/docs", "/openapi.json", "/models", "/evaluations")
BOUNDARY = b"a-boundary"
_KNOWN = {"version": "1", "place": "0", "name": "image-rejected", "top_k": "1", "size": "100000", "layout": "labels"}
"""What parameters of paths and queries stand for."""

Header = tuple[bytes, bytes]


class Request(NamedTuple):
    """One request, whose framing is not decided yet."""

    method: bytes
    target: bytes
    headers: list[Header]
    body: bytes = b""
    image_format: str | None = None
    """Format of the body, if it is a picture."""


def samples(url: str) -> list[Request]:
    """Return requests for every operation of a running service, which has a report from then on."""
    with httpx.Client(base_url=url, timeout=60) as client:
        document = client.get("/openapi.json").json()
        (model, *_) = client.get("/models").json()["models"]
        archive = labelled_zip(model["labels"])
        report = client.post("/evaluate", content=archive, headers={"content-type": "application/zip"}).json()
    known = _KNOWN | {"limit": "5", "evaluation_id": report["id"], "against": report["id"], "model": model["model"]}
    operations = [
        (method, path, operation)
        for path, item in document["paths"].items()
        for method, operation in item.items()
        if method in {"get", "post", "put", "delete", "patch"}
    ]
    pages = [Request(b"GET", page.encode(), [(b"accept", b"text/html")]) for page in PAGES]
    return pages + [request for one in operations for request in _requests(*one, known, archive)]


def labelled_zip(labels: Sequence[str]) -> bytes:
    """Return a labelled set of two pictures for each label."""
    return zip_of({f"{label}/{number}.png": grey(number * 60) for label in labels for number in range(2)})


def pictures() -> dict[str, bytes]:
    """Return a picture of each format, with metadata where there can be some."""
    image, exif = Image.linear_gradient("L").resize((40, 30)).convert("RGB"), Image.Exif()
    exif[0x0112], exif[0x010E] = 6, "a picture"
    found = {name: _encoded(image, name) for name in FORMATS if name in {"GIF", "BMP"}}
    found |= {name: _encoded(image, name, exif=exif) for name in FORMATS if name not in found}
    frames = [image.rotate(90 * number) for number in range(3)]
    return found | {f"{name} ": _encoded(image, name, save_all=True, append_images=frames) for name in ("GIF", "WEBP")}


def _encoded(image: Image.Image, format_: str, **options: Any) -> bytes:  # noqa: ANN401  passed on
    file = io.BytesIO()
    image.save(file, format_, **options)
    return file.getvalue()


def _requests(
    method: str, path: str, operation: Mapping[str, Any], known: Mapping[str, str], archive: bytes
) -> Iterator[Request]:
    parameters = operation.get("parameters", [])
    for one in parameters:
        if one["in"] == "path":
            path = path.replace(f"{{{one['name']}}}", known[one["name"]])
    query = {one["name"]: known.get(one["name"], "true") for one in parameters if one["in"] == "query"}
    needed = {one["name"]: known[one["name"]] for one in parameters if one["in"] == "query" and one.get("required")}
    for values in (needed, query):
        target = f"{path}?{urllib.parse.urlencode(values)}" if values else path
        for headers, body, image_format in _bodies(path, operation.get("requestBody", {}).get("content", {}), archive):
            yield Request(method.upper().encode(), target.encode(), headers, body, image_format)


def _bodies(path: str, content: Mapping[str, Any], archive: bytes) -> Iterator[tuple[list[Header], bytes, str | None]]:
    if not content:
        yield [(b"accept", b"application/json")], b"", None
    if "image/*" in content:
        for name, data in pictures().items():
            yield [(b"content-type", f"image/{name.strip().lower()}".encode())], data, name.strip()
    if "application/zip" in content:
        yield [(b"content-type", b"application/zip"), (b"accept", b"application/jsonl")], archive, None
        yield [(b"content-type", b"application/zip")], archive, None
    for media_type in content:
        if media_type.startswith("multipart/"):
            kind = b"multipart/form-data; boundary=" + BOUNDARY
            yield [(b"content-type", kind)], _form(path, archive), None


def _form(path: str, archive: bytes) -> bytes:
    files = {
        "/predict": {"file": ("a.png", grey(90))},
        "/predict/batch": {"files": ("a.png", grey(9))},
        "/interpretation": {"0": ("set.zip", archive)},
    }.get(path, {"file": ("set.zip", archive), "corrections": ("c.csv", b"path,label\ndark/0.png,light\n")})
    parts = (
        b'--%s\r\nContent-Disposition: form-data; name="%s"; filename="%s"\r\nContent-Type: image/png\r\n\r\n%s\r\n'
        % (BOUNDARY, name.encode(), filename.encode(), data)
        for name, (filename, data) in files.items()
    )
    return b"".join(parts) + b"--" + BOUNDARY + b"--\r\n"
