"""What a version is in other precisions than float32, and what that costs. Everything here computes by OpenVINO."""
