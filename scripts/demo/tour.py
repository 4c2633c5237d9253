"""The demo's tour of a running service: one image, a batch with a broken file, a labelled zip."""

from pathlib import Path
from typing import Final, TypeVar

import httpx
from pydantic import BaseModel
from rich.console import Console
from rich.table import Table
from rich.text import Text

from app.predictions.schemas import BatchBody, BatchFailure, PredictionBody
from app.reports.schemas import ReportBody
from model_store.presentation.tables import matrix_table
from scripts.demo.cells import HELD_OUT, LABELS, Cells
from scripts.demo.errors import DemoFailed

Body = TypeVar("Body", bound=BaseModel)

_TIMEOUT_S: Final = 600.0


def show(url: str, cells: Cells, console: Console) -> None:
    """Use the service in its three ways, and check the responses.

    Raises:
        DemoFailed: If a response is not as expected.
    """
    with httpx.Client(base_url=url, timeout=_TIMEOUT_S) as client:
        console.rule("One image")
        predict_one(client, cells.test_images("defective")[0], console)
        console.rule("A batch, with one broken file")
        predict_batch(client, [cells.test_images(label)[1] for label in LABELS], console)
        console.rule("A labelled zip")
        evaluate(client, cells.archive, console)


def predict_one(client: httpx.Client, image: Path, console: Console) -> None:
    """Predict one image, sent as a raw body."""
    response = client.post("/predict", content=image.read_bytes(), headers={"Content-Type": "image/png"})
    answer = _answer(response, PredictionBody)
    _print(console, f"{image.parent.name}/{image.name} is {answer.label}, with probability {answer.probability:.3f}")


def predict_batch(client: httpx.Client, images: list[Path], console: Console) -> None:
    """Predict several images, of which one is cut in half; only that one must fail."""
    whole = [(f"{image.parent.name}/{image.name}", image.read_bytes()) for image in images]
    sent = [whole[0], ("broken.png", whole[0][1][: len(whole[0][1]) // 2]), *whole[1:]]
    answer = _answer(client.post("/predict/batch", files=[("files", file) for file in sent]), BatchBody)
    table = Table("file", "label", "probability")
    for (name, _), result in zip(sent, answer.results, strict=True):
        if isinstance(result, BatchFailure):
            table.add_row(name, Text(f"not answered: {result.error.detail}", style="red"), "")
        else:
            table.add_row(name, result.label, f"{result.probability:.3f}")
    console.print(table)
    if [isinstance(result, BatchFailure) for result in answer.results] != [file[0] == "broken.png" for file in sent]:
        raise DemoFailed("Only the broken file should have failed.")


def evaluate(client: httpx.Client, archive: Path, console: Console) -> None:
    """Evaluate the held-out zip, all files of which must be counted."""
    response = client.post("/evaluate", content=archive.read_bytes(), headers={"Content-Type": "application/zip"})
    report = _answer(response, ReportBody)
    _print(console, report.accounting.sentence(), style="bold")
    console.print(matrix_table(report.confusion_matrix))
    accuracy = report.metrics.accuracy
    if report.accounting.scored != HELD_OUT or accuracy.value is None:
        raise DemoFailed(f"All {HELD_OUT} held-out images should have been scored.")
    _print(console, f"Accuracy {accuracy.value:.4f}, 95% interval {accuracy.low:.3f} to {accuracy.high:.3f}")
    _print(console, f"The most frequent label alone would reach {report.metrics.majority_baseline:.4f}")


def show_commands(url: str, cells: Cells, console: Console) -> None:
    """Print commands to do the same from another terminal."""
    one = cells.test_images("defective")[0]
    more = [cells.test_images(label)[1] for label in LABELS]
    files = " ".join(f"-F files=@{image}" for image in more)
    _print(console, "Try it from another terminal:")
    _print(console, f"  curl --data-binary @{one} -H 'Content-Type: image/png' {url}/predict")
    _print(console, f"  curl {files} {url}/predict/batch")
    _print(console, f"  curl --data-binary @{cells.archive} -H 'Content-Type: application/zip' {url}/evaluate")


def _answer(response: httpx.Response, kind: type[Body]) -> Body:
    if not response.is_success:
        raise DemoFailed(f"{response.request.url} answered {response.status_code}: {response.text}")
    return kind.model_validate_json(response.content)


def _print(console: Console, line: str, style: str = "") -> None:
    """Print a line verbatim, so that it can be copied: without wrapping, markup or highlighting."""
    console.print(Text(line, style=style), soft_wrap=True, highlight=False)
