"""Both engines answer a damaged file and say so: in a prediction, and in the report of a set."""

from pathlib import Path
from typing import Literal

import pytest

from app.local.session import open_session
from app.settings import Settings
from model_store.storage.layout import StoredVersion
from tests.support.images import damaged_jpeg, noisy_jpeg
from tests.support.pictures import write


@pytest.mark.parametrize("engine", ["openvino", "tensorflow"])
async def test_an_engine_keeps_the_damage_of_a_file(
    stored: StoredVersion, tmp_path: Path, engine: Literal["openvino", "tensorflow"]
) -> None:
    label = stored.manifest.labels[0]
    write(tmp_path, {f"{label}/hole.jpg": damaged_jpeg(), f"{label}/sound.jpg": noisy_jpeg()})
    paths = [tmp_path / label / name for name in ("hole.jpg", "sound.jpg")]
    async with open_session(Settings(store=stored.directory.parent.parent, engine=engine)) as session:
        batch = await session.predict(paths, None)
        report = (await session.evaluate(tmp_path)).body
    assert [one.model_dump(exclude_unset=True).get("damaged") for one in batch.results] == [True, None]
    assert batch.damaged == 1
    assert [one.path for one in report.damaged] == [f"{label}/hole.jpg"]
