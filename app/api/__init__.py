"""HTTP in and out: what a request may be and what an answer looks like. Nothing here predicts or evaluates."""
