"""The container image's labels: read from a built image if a Docker engine runs, otherwise from the Dockerfile."""

import json
import re
import subprocess
from pathlib import Path
from typing import Final

from scripts.release.errors import ReleaseRefused
from scripts.release.programs import run_program

_PREFIX: Final = "org.opencontainers.image."
LABELS: Final = frozenset(
    {"base.name", "created", "description", "licenses", "revision", "source", "title", "vendor", "version"}
)
"""The annotations of the OCI image specification that an image must have."""


def engine_runs(docker: str) -> bool:
    """Return whether the client `docker` is installed and reaches an engine."""
    try:
        return subprocess.run([docker, "info"], check=False, capture_output=True).returncode == 0  # noqa: S603
    except FileNotFoundError:
        return False


def check_labels(labels: dict[str, str], expected: dict[str, str]) -> None:
    """Compare the labels of an image with the required ones.

    Args:
        labels: Name without the prefix → value.
        expected: The values that are known.

    Raises:
        ReleaseRefused: If a required label is missing or has another value.
    """
    if missing := sorted(LABELS - labels.keys()):
        hint = "Add them to LABEL in the Dockerfile."
        raise ReleaseRefused(f"The image lacks the labels {', '.join(missing)}.", hint=hint)
    for name, value in expected.items():
        if labels[name] != value:
            hint = "See the target `image` in the Makefile, which hands the values to the build."
            raise ReleaseRefused(f"The image's label {name} is {labels[name]}, not {value}.", hint=hint)


def base_in(dockerfile: str) -> str:
    """Return the base image that a Dockerfile's text names."""
    return dockerfile.partition("\nARG BASE_IMAGE=")[2].split("\n")[0]


def check_base(image: str) -> str:
    """Return the name of a base image, which must have a digest: a tag means another image tomorrow.

    Raises:
        ReleaseRefused: If it has none.
    """
    if not re.fullmatch(r"\S+@sha256:[0-9a-f]{64}", image):
        hint = "Run `make base-image`, which writes the digest into the Dockerfile, and commit it."
        raise ReleaseRefused(f"The base image {image} is not pinned by its digest.", hint=hint)
    return image


def labels_in(dockerfile: str) -> dict[str, str]:
    """Return the labels that a Dockerfile's text sets, without the prefix; variables stay as they are written."""
    return dict(re.findall(rf'{re.escape(_PREFIX)}([a-z.]+)="([^"]*)"', dockerfile))


def build_labels(root: Path, docker: str, base_image: str) -> dict[str, str]:
    """Build the image and return its labels, without the prefix.

    Raises:
        ReleaseRefused: If the build fails.
    """
    hint = f"BASE_IMAGE names another base than {base_image}; DOCKER=none leaves the image out."
    run_program("make", "image", f"DOCKER={docker}", f"BASE_IMAGE={base_image}", folder=root, hint=hint)
    command = [docker, "image", "inspect", "--format", "{{json .Config.Labels}}", "fullcount"]
    labels = json.loads(subprocess.run(command, check=True, capture_output=True).stdout)  # noqa: S603  see above
    return {name.removeprefix(_PREFIX): value for name, value in labels.items()}
