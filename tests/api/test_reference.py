"""The page at `/docs`: all that the OpenAPI document has, for people, without a script and without another host."""

import html
import re

from app.api.reference import render_reference
from tests.api.conftest import Client


async def test_every_route_parameter_and_schema_is_on_the_page(client: Client) -> None:
    page, document = (await client.get("/docs")).text, (await client.get("/openapi.json")).json()
    for path, item in document["paths"].items():
        assert f"<code>{path}</code>" in page
        for operation in item.values():
            assert f'id="{operation["operationId"]}"' in page
            assert all(f"<code>{one['name']}</code>" in page for one in operation.get("parameters", []))
    assert all(f'id="{name}"' in page for name in document["components"]["schemas"])


async def test_it_runs_nothing_and_leads_nowhere_else(client: Client) -> None:
    response = await client.get("/docs")
    assert "<script" not in response.text
    assert not re.findall(r"""(?:href|src)=["']?(?:https?:)?//""", response.text)
    policy = response.headers["content-security-policy"]
    assert "script-src" not in policy
    assert "unsafe" not in policy
    digest = re.search(r"style-src ('sha256-[^']+')", policy)
    assert digest
    assert digest[1] in html.unescape(response.text)  # its own policy allows the same sheet


async def test_every_link_within_the_page_has_a_target(client: Client) -> None:
    page = (await client.get("/docs")).text
    assert set(re.findall(r'href="#([^"]+)"', page)) <= set(re.findall(r' id="([^"]+)"', page))


async def test_a_client_that_has_the_page_is_not_sent_it_again(client: Client) -> None:
    etag = (await client.get("/docs")).headers["etag"]
    assert (await client.get("/docs", headers={"if-none-match": etag})).status_code == 304


def test_what_the_document_says_is_text() -> None:
    said = {"operationId": "x", "description": "<b>bold</b> `<i>`", "responses": {}}
    document = {"info": {"title": "<u>", "version": "1", "description": ""}, "paths": {"/x": {"get": said}}}
    page = render_reference(document).body.decode()
    assert "&lt;b&gt;bold&lt;/b&gt; <code>&lt;i&gt;</code>" in page
    assert "<u>" not in page
