"""Prediction of images: queues, decoding, batches and engines. Nothing here knows HTTP or reports."""
