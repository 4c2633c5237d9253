"""Variants of a version in other precisions than float32, and their cost, all computed by OpenVINO."""
