from pathlib import Path

import pytest


@pytest.fixture(autouse=True)
def own_cache(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give every test a cache of its own."""
    folder = tmp_path_factory.mktemp("cache")
    monkeypatch.setenv("FULLCOUNT_CACHE_DIR", str(folder))
    return folder
