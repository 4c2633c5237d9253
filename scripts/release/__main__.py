"""The course of a release. `make release` runs it; see `--help` for the options."""

import sys
import tempfile
from pathlib import Path
from typing import Final

import click

from model_store.commands.main import run
from scripts.release.distributions import SDIST_FILES, build, check_contents, names_in
from scripts.release.image import base_in, build_labels, check_base, check_labels, engine_runs, labels_in
from scripts.release.source import check_changelog, check_clean, check_version, next_version, tracked_files
from scripts.release.trial import try_out

ROOT: Final = Path(__file__).parents[2]

LEFT: Final = """\
Left to you, in this order:
1. Run `make check` for this commit on a fresh machine, and `make audit`: no pin may have a known advisory.
2. Tag it and push the tag: git tag --sign v{version} --message "Fullcount {version}"
3. Let the tag's build upload the two files in dist/ by trusted publishing; no token lies on any machine.
4. Build, scan and push the image, with a list of its packages: docker buildx build --sbom=true --provenance=true
5. Publish the documents of this version.
6. Set the version in pyproject.toml to {next} and begin CHANGELOG.md with `## [Unreleased]`."""


@click.command()
@click.option("--docker", default="docker", show_default=True, help="The client of the Docker engine.")
@click.option("--base-image", help="The image to build upon, with its digest; default: that of the Dockerfile.")
def release(docker: str, base_image: str | None) -> None:
    """Check, build and try out a release. Nothing is published."""
    base_image = check_base(base_image or base_in((ROOT / "Dockerfile").read_text(encoding="utf-8")))
    version = check_version((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    check_changelog((ROOT / "CHANGELOG.md").read_text(encoding="utf-8"), version)
    revision = check_clean(ROOT)
    click.echo(f"Releasing {version}, commit {revision}.")
    _check_distributions()
    _check_image(docker, base_image, {"version": version, "revision": revision})
    click.echo(LEFT.format(version=version, next=next_version(version)))


def _check_distributions() -> None:
    """Build wheel and sdist, compare them with what git tracks, and use each in an empty environment."""
    wheel, sdist = build(ROOT, ROOT / "dist")
    tracked = tracked_files(ROOT)
    check_contents(wheel.name, names_in(wheel), tracked)
    check_contents(sdist.name, names_in(sdist), tracked | SDIST_FILES)
    for distribution, extra in ((wheel, ""), (wheel, "serve"), (sdist, "")):
        click.echo(f"Trying {distribution.name}{f'[{extra}]' if extra else ''} in an empty environment.")
        with tempfile.TemporaryDirectory() as folder:
            try_out(distribution, extra, Path(folder) / "environment")


def _check_image(docker: str, base_image: str, expected: dict[str, str]) -> None:
    """Check the labels of the image, or of the Dockerfile if no engine runs."""
    if engine_runs(docker):
        check_labels(build_labels(ROOT, docker, base_image), expected)
        return
    check_labels(labels_in((ROOT / "Dockerfile").read_text(encoding="utf-8")), {})
    click.echo("No Docker engine runs here: the labels were read in the Dockerfile, and no image was built.")


if __name__ == "__main__":
    run(release, sys.argv[1:], prog_name="make release")
