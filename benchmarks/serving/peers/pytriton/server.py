"""Triton through PyTriton as in its documentation: a function of a batch, bound with a dynamic batcher."""

import os

import numpy as np
from classifier import BATCH_SIZE, DELAY_S, decode, load_model
from pytriton.decorators import batch
from pytriton.model_config import DynamicBatcher, ModelConfig, Tensor
from pytriton.triton import Triton, TritonConfig

model = load_model("LATENCY")


@batch
def classify(image: np.ndarray) -> dict[str, np.ndarray]:
    """Return the probabilities of JPEGs, bytes `(n, 1)`."""
    return {"probabilities": model(np.stack([decode(data) for (data,) in image]))}


if __name__ == "__main__":
    config = TritonConfig(
        http_address="127.0.0.1",
        http_port=int(os.environ["PORT"]),
        grpc_address="127.0.0.1",
        grpc_port=int(os.environ["GRPC_PORT"]),
        metrics_address="127.0.0.1",
        metrics_port=int(os.environ["METRICS_PORT"]),
    )
    with Triton(config=config, workspace="workspace") as triton:
        triton.bind(
            model_name="classifier",
            infer_func=classify,
            inputs=[Tensor(name="image", dtype=bytes, shape=(1,))],
            outputs=[Tensor(name="probabilities", dtype=np.float32, shape=(-1,))],
            config=ModelConfig(
                max_batch_size=BATCH_SIZE,
                batcher=DynamicBatcher(max_queue_delay_microseconds=round(DELAY_S * 1e6)),
            ),
        )
        triton.serve()
