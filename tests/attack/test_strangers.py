"""Pages of other sites, in the browser of somebody who may use the service: they read and store nothing."""

import httpx

from tests.attack.conftest import evaluate
from tests.attack.samples import labelled_zip
from tests.process.test_server import Server
from tests.support.fakes import LABELS


def test_a_foreign_name_and_a_foreign_page_are_refused(server: Server) -> None:
    foreign = {"host": "evil.example"}
    for path in ("/evaluations", "/models", "/models/", "/", "/metrics", "/docs"):
        response = httpx.get(server.url + path, headers=foreign)
        assert response.status_code == 421
        assert "evil" not in response.headers.get("location", "")
    page = {"origin": "http://evil.example", "sec-fetch-site": "cross-site"}
    assert evaluate(server, labelled_zip(LABELS), **page).status_code == 403


def test_the_documents_of_the_routes_load_nothing_from_elsewhere(server: Server) -> None:
    for path in ("/docs", "/redoc", "/"):
        text = httpx.get(server.url + path, follow_redirects=True).text
        assert 'src="http' not in text
        assert "//cdn." not in text
