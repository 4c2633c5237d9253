"""The odd pictures of other projects' tests: each is answered, or refused with a reason, soon and not by a failure."""

from collections import Counter
from pathlib import Path

import pytest

from benchmarks.attack.collect import PYPI, fetch_from_pypi, unpack
from benchmarks.attack.odd import ask
from tests.process.test_server import Server

SOON_S = 8.0
"""Four times what is promised on a machine that does nothing else."""

pytestmark = pytest.mark.thorough


@pytest.fixture(scope="module")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Fetch the sources of Pillow, whose tests have hundreds of odd pictures."""
    packages, folder = tmp_path_factory.mktemp("packages"), tmp_path_factory.mktemp("pictures")
    if not fetch_from_pypi(packages, PYPI[0]):
        pytest.skip(f"{PYPI[0]} cannot be fetched from here")
    assert unpack(packages, folder) > 300
    return folder


def test_odd_pictures_get_an_answer_or_a_reason(server: Server, pictures: Path) -> None:
    answers = list(ask(server.url, pictures))
    assert [one for one in answers if one.status not in {200, 422}] == []
    assert [one for one in answers if one.seconds >= SOON_S] == []
    reasons = Counter(one.reason for one in answers)
    assert reasons["answered"] > 500
    assert {"not-an-image", "corrupt", "truncated", "unsupported-mode", "too-many-pixels"} <= set(reasons)
