"""The way from an image to probabilities: queues, decoding, batches, engines. Nothing here knows HTTP or reports."""
