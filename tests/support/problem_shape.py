"""The contract of every error body, asserted in one place: RFC 9457, the request's id, the type's own words.

::

    HTTP/1.1 422
    content-type: application/problem+json
    x-request-id: 01J…

    {"type": "/problems/image-rejected", "title": "Image rejected", "status": 422, "detail": "A sentence.",
     "instance": "01J…", "reason": "truncated"}
"""

from typing import Any

import httpx

from app.problems import MEDIA_TYPE, all_types


def assert_problem(response: httpx.Response, name: str, **members: object) -> dict[str, Any]:
    """Assert that a response is a problem of a type, with at least these members, and return its body."""
    kind = all_types()[name]
    assert response.status_code == kind.status, response.text
    assert response.headers["content-type"] == MEDIA_TYPE
    body: dict[str, Any] = response.json()
    assert (body["type"], body["title"], body["status"]) == (kind.uri, kind.title, kind.status)
    assert body["detail"].endswith((".", "?")), body["detail"]
    assert not body["detail"].endswith("..")
    assert [body["instance"]] == response.headers.get_list("x-request-id")
    assert ("retry-after" in response.headers) == (kind.status == 503)
    assert {member: body.get(member) for member in members} == members
    return body
