"""Schemas."""

from typing import Self

from pydantic import BaseModel, ConfigDict

from app.problems import ProblemBody
from model_store.manifest import Manifest


class _Body(BaseModel):
    model_config = ConfigDict(frozen=True)


class LabelProbability(_Body):
    """A label and how probable it is."""

    label: str
    probability: float


class ImageFacts(_Body):
    """What the file is, whatever it is called; the size is that of the picture as stored."""

    format: str
    width: int
    height: int


class PredictedImage(_Body):
    """The answer for one image."""

    label: str
    probability: float
    threshold: float | None = None
    """The operating threshold, for a model with a positive label."""
    predictions: list[LabelProbability]
    image: ImageFacts


class _PredictionHead(_Body):
    model: str
    version: int
    filename: str | None


class Explanation(_Body):
    """What in a picture speaks for its labels, as class activation maps: see docs/http-api.md."""

    maps: dict[str, list[list[float]]]
    """Label → rows → columns; of the label it was called and of those listed. Above 0 speaks for the label, below 0
    against it. Over all labels, the softmax of the maps' means is the probabilities."""


class PredictionBody(PredictedImage, _PredictionHead):
    """The answer of `POST /predict`."""

    explanation: Explanation | None = None
    """Where it was asked for."""
    pixels: str | None = None
    """What the model saw, where that was asked for: a PNG as a `data:` address."""


class _BatchHead(_Body):
    index: int
    filename: str | None


class BatchPrediction(PredictedImage, _BatchHead):
    """One image of a batch that was answered."""


class BatchFailure(_BatchHead):
    """One image of a batch that could not be answered."""

    error: ProblemBody


class BatchBody(_Body):
    """The answer of `POST /predict/batch`; results are in the order sent."""

    model: str
    version: int
    count: int
    succeeded: int
    failed: int
    results: list[BatchPrediction | BatchFailure]

    @classmethod
    def of(cls, manifest: Manifest, results: list[BatchPrediction | BatchFailure]) -> Self:
        """Count the results."""
        failed = sum(isinstance(result, BatchFailure) for result in results)
        return cls(
            model=manifest.model,
            version=manifest.version,
            count=len(results),
            succeeded=len(results) - failed,
            failed=failed,
            results=results,
        )
