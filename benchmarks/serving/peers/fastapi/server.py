"""FastAPI as in its tutorial: a `def` endpoint, which runs in the thread pool, without batching."""

from typing import Annotated

import numpy as np
from classifier import decode, load_model
from fastapi import Depends, FastAPI, Request

app = FastAPI()
predict = load_model("THROUGHPUT")


async def body(request: Request) -> bytes:
    """Return the raw body."""
    return await request.body()


@app.post("/predict")
def classify(data: Annotated[bytes, Depends(body)]) -> dict[str, list[float]]:
    """Return the probabilities of one JPEG."""
    return {"probabilities": predict(decode(data)[np.newaxis])[0].tolist()}
