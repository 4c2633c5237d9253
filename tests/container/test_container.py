"""The image as it will run: read-only, without privileges, with the store read-only; used and stopped for real."""

import json
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from scripts.demo.cells import LABELS
from tests.container.conftest import Measure, Start
from tests.support.docker import Container, docker
from tests.support.fakes import zip_of

MAX_IMAGE_BYTES = 500_000_000
MANY = 600


def wait_until(condition: Callable[[], bool], *, within_s: float) -> None:
    deadline = time.monotonic() + within_s
    while not condition():
        assert time.monotonic() < deadline, f"not within {within_s} s"
        time.sleep(0.1)


def test_the_image_stays_small(image: str, measure: Measure) -> None:
    size = int(docker("image", "inspect", "--format", "{{.Size}}", image))
    measure(f"image of {size / 1e9:.2f} GB")
    assert size < MAX_IMAGE_BYTES


def test_it_says_which_packages_it_has(container: Container) -> None:
    bill = json.loads(
        container.execute("cat", container.inspect('{{index .Config.Labels "fullcount.packages"}}')).stdout
    )
    names = {one["name"] for one in bill["components"]}
    assert {"pillow", "openvino", "fastapi"} <= names
    assert not {"openvino-telemetry", "watchfiles", "websockets", "pip"} & names


def test_it_becomes_healthy(container: Container) -> None:
    wait_until(lambda: container.inspect("{{.State.Health.Status}}") != "starting", within_s=60)
    assert container.inspect("{{.State.Health.Status}}") == "healthy"


def test_it_predicts_a_photograph(container: Container, photographs: dict[str, list[Path]]) -> None:
    photograph = photographs["defective"][0].read_bytes()
    with container.client() as client:
        answer = client.post("/predict", content=photograph, headers={"Content-Type": "image/png"})
    assert answer.status_code == 200, answer.text
    assert answer.json()["label"] in LABELS
    assert answer.json()["image"] == {"format": "PNG", "width": 300, "height": 300}


def test_in_a_batch_the_broken_file_fails_alone(container: Container, photographs: dict[str, list[Path]]) -> None:
    whole = photographs["functional"][0].read_bytes()
    files = [("files", ("a.png", whole)), ("files", ("b.png", whole[:1000])), ("files", ("c.png", whole))]
    with container.client() as client:
        answer = client.post("/predict/batch", files=files).json()
    assert (answer["succeeded"], answer["failed"]) == (2, 1)
    assert ["error" in result for result in answer["results"]] == [False, True, False]


def test_an_evaluation_counts_every_file(container: Container, photographs: dict[str, list[Path]]) -> None:
    files = {f"{label}/{path.name}": path.read_bytes() for label, paths in photographs.items() for path in paths}
    report = container.evaluate(zip_of({**files, "functional/broken.png": b"\x89PNG\r\n\x1a\n"}))
    assert report["accounting"]["images"] == len(files) + 1
    assert sum(map(sum, report["confusion_matrix"]["counts"])) == len(files) + 1
    assert report["accounting"]["unreadable"] == 1
    assert report["stored"] is False  # the store is mounted read-only


def test_a_report_is_drawn_where_nothing_can_be_written(
    container: Container, photographs: dict[str, list[Path]]
) -> None:
    archive = zip_of(
        {f"{label}/{path.name}": path.read_bytes() for label, paths in photographs.items() for path in paths}
    )
    for accept, begins in (("text/html", b"<!doctype html>"), ("image/png", b"\x89PNG"), ("text/csv", b"path,label")):
        headers = {"Content-Type": "application/zip", "Accept": accept}
        with container.client() as client:
            answer = client.post("/evaluate", content=archive, headers=headers)
        assert answer.status_code == 200, answer.text
        assert answer.content.startswith(begins)


def test_it_runs_without_privileges(container: Container) -> None:
    status = container.execute("cat", "/proc/1/status").stdout
    fields = dict(line.split(":\t", 1) for line in status.splitlines())
    assert set(fields["Uid"].split()) == {"10001"}
    assert int(fields["CapEff"], 16) == 0
    assert fields["NoNewPrivs"] == "1"


@pytest.mark.parametrize("folder", ["/", "/srv", "/models", "/models/solar-cells/1", "/opt/fullcount/bin"])
def test_it_cannot_write(container: Container, folder: str) -> None:
    done = container.execute("touch", f"{folder}/written")
    assert done.returncode != 0
    assert "Read-only file system" in done.stderr


def test_it_holds_no_training_code(container: Container) -> None:
    done = container.execute("fullcount", "train", "/srv", "--store", "/srv", "--model", "m")
    assert done.returncode == 1
    assert "`fullcount train` needs the package training, which is not installed." in done.stderr


def test_docker_stop_lets_a_request_under_way_finish(
    start_container: Start, photographs: dict[str, list[Path]]
) -> None:
    container = start_container()
    photograph = photographs["functional"][0].read_bytes()
    archive = zip_of({f"functional/{number}.png": photograph for number in range(MANY)})
    with ThreadPoolExecutor(max_workers=1) as pool:
        report = pool.submit(container.evaluate, archive)
        wait_until(lambda: container.scored() > 0, within_s=60)
        assert not report.done()
        docker("stop", "--time", "60", container.name)
        assert report.result(timeout=60)["accounting"]["scored"] == MANY
    assert container.inspect("{{.State.ExitCode}} {{.State.OOMKilled}}") == "0 false"
