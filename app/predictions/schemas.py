"""The bodies of predictions, single and in batches: see docs/reference/http-api.md."""

from typing import Self

from pydantic import BaseModel, ConfigDict

from app.problems import ProblemBody
from model_store.manifest import Manifest


class _Body(BaseModel):
    model_config = ConfigDict(frozen=True)


class LabelProbability(_Body):
    """A label and its probability."""

    label: str
    probability: float


class ImageFacts(_Body):
    """The format of the file, regardless of its name, and the size of the picture as stored."""

    format: str
    width: int
    height: int


class PredictedImage(_Body):
    """The answer for one image."""

    label: str
    probability: float
    threshold: float | None = None
    """The threshold of the positive label; null if the model has none."""
    predictions: list[LabelProbability]
    image: ImageFacts
    damaged: bool = False
    """True if the file is damaged and the prediction is about what the decoder made of it; left out otherwise."""


class _PredictionHead(_Body):
    model: str
    version: int
    filename: str | None


class Explanation(_Body):
    """The evidence in a picture for its labels, as class activation maps: see docs/reference/http-api.md."""

    maps: dict[str, list[list[float]]]
    """Label → rows → columns, for the predicted label and those listed. Values above 0 support the label, those below 0
    count against it. The softmax of the means of all labels' maps gives the probabilities."""


class PredictionBody(PredictedImage, _PredictionHead):
    """The answer of `POST /predict`."""

    explanation: Explanation | None = None
    """Present if it was requested."""
    pixels: str | None = None
    """The pixels that the model saw, if they were requested: a PNG as a `data:` address."""


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
    damaged: int = 0
    """How many of the images that succeeded are damaged."""
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
            damaged=sum(isinstance(result, BatchPrediction) and result.damaged for result in results),
            results=results,
        )
