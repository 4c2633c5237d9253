"""Training images inside a zip are found: real photographs of solar cells, much alike, the same and re-encoded."""

from pathlib import Path

import elpv_dataset

from tests.api.conftest import Serve
from tests.support.fakes import grey, publish_trained_on, zip_of
from tests.unit.model_store.images.test_light_grids import reencoded

ZIP = {"content-type": "application/zip"}
CELLS = sorted((Path(elpv_dataset.__file__).parent / "data/images").glob("*.png"))
TRAINED, OTHERS = CELLS[:1000:2], CELLS[1:1001:2]


async def test_training_images_are_found_and_no_other_is_taken_for_one(serve: Serve, store: Path) -> None:
    trained = [path.read_bytes() for path in TRAINED]
    publish_trained_on(store, trained, size=224)
    exact = {f"dark/exact{number}.png": trained[number] for number in range(20)}
    factors = (0.5, 0.7, 0.9, 1.5)
    changed = {f"light/changed{20 + n}.jpg": reencoded(trained[20 + n], factors[n % 4]) for n in range(20)}
    others = {f"dark/{path.name}": path.read_bytes() for path in OTHERS}
    assert len(others) == 500
    async with serve() as client:
        archive = zip_of({**exact, **changed, **others})
        report = (await client.post("/evaluate", content=archive, headers=ZIP)).json()
    found = {one["path"]: one["match"] for one in report["leakage"]["files"]}
    assert report["leakage"]["training_images"] == 500
    assert {path for path, match in found.items() if match == "exact"} == set(exact)
    assert {path for path, match in found.items() if match == "near"} == set(changed)
    assert report["leakage"]["without"]["files"] == 500


async def test_a_picture_under_two_labels_is_said_first(serve: Serve) -> None:
    async with serve() as client:
        files = {"dark/1.png": grey(1), "light/same.png": grey(1), "dark/2.png": grey(9), "dark/2 copy.png": grey(9)}
        report = (await client.post("/evaluate", content=zip_of(files), headers=ZIP)).json()
    assert report["leakage"] is None  # the version does not know what it was trained on
    assert report["duplicates"] == [
        {"match": "exact", "labels": ["dark", "light"], "paths": ["dark/1.png", "light/same.png"]},
        {"match": "exact", "labels": ["dark"], "paths": ["dark/2.png", "dark/2 copy.png"]},
    ]
