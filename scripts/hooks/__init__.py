"""Checks of files that no linter makes: `.pre-commit-config.yaml` and `make lint` run them."""
