"""One file gives the same pixels through the training pipeline and through the service, whatever kind of file it is."""

from pathlib import Path

import numpy as np
import pytest
from rich.progress import Progress

from model_store.images.pixels import Pixels
from tests.api.conftest import Serve
from tests.support.fakes import FakeEngine, describe
from tests.support.images import odd_images
from training.data.pixels.decoding import decode_all
from training.data.scan import scan

SPEC = describe().input
KINDS = {name: odd for name, odd in odd_images().items() if odd.format in SPEC.formats}


class SeeingEngine(FakeEngine):
    """Keeps the pixels it is shown."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: list[Pixels] = []

    def predict(self, pixels: Pixels):  # type: ignore[no-untyped-def]
        self.seen.append(pixels[0].copy())
        return super().predict(pixels)


@pytest.fixture(scope="module")
def trained_on(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Pixels]:
    """Take every file through the training pipeline: name → pixels."""
    root = tmp_path_factory.mktemp("odd")
    (root / "label").mkdir()
    for name, odd in KINDS.items():
        (root / "label" / f"{name}.bin").write_bytes(odd.data)
    files = scan(root).files
    pixels = np.zeros((len(files), SPEC.height, SPEC.width, 3), np.uint8)
    decoded = decode_all(files, SPEC, Progress(disable=True), pixels)
    return {Path(file.path).stem: pixels[file.row] for file in decoded}


def test_there_are_many_kinds_of_file() -> None:
    assert len(KINDS) >= 20
    assert {odd.format for odd in KINDS.values()} == set(SPEC.formats)


@pytest.mark.parametrize("name", KINDS)
async def test_training_and_service_see_the_same_pixels(name: str, serve: Serve, trained_on: dict[str, Pixels]) -> None:
    engine = SeeingEngine()
    async with serve(engine=engine) as client:
        response = await client.post("/predict", content=KINDS[name].data)
    assert response.status_code == 200, response.text
    assert np.array_equal(engine.seen[-1], trained_on[name])
