"""A release is refused, with the reason, before anything is built."""

import os
import shutil
import subprocess
import tomllib
from importlib.metadata import version
from pathlib import Path

import pytest

from scripts.bill_of_materials import bill_of_materials
from scripts.release.distributions import check_contents
from scripts.release.errors import ReleaseRefused
from scripts.release.image import LABELS, base_in, check_base, check_labels, engine_runs, labels_in
from scripts.release.source import PACKAGES, check_changelog, check_clean, check_version, next_version

ROOT = Path(__file__).parents[3]
CHANGELOG = "# Changelog\n\n## [0.1.0] - 2026-11-29\n\n### Added\n\n- All of it.\n"


@pytest.mark.parametrize("version", ["0.2.0.dev0", "1.0", "1.0.0rc1"])
def test_a_version_that_is_not_final_is_not_released(version: str) -> None:
    with pytest.raises(ReleaseRefused, match=version):
        check_version(f'[project]\nversion = "{version}"')


def test_after_a_release_the_next_minor_version_is_developed() -> None:
    assert check_version('[project]\nversion = "0.1.3"') == "0.1.3"
    assert next_version("0.1.3") == "0.2.0.dev0"


@pytest.mark.parametrize(
    ("changed", "named"),
    [
        (CHANGELOG.replace("[0.1.0] - 2026-11-29", "[Unreleased]"), "Unreleased"),
        (CHANGELOG.replace("0.1.0", "0.0.9"), "0.0.9"),
        (CHANGELOG.replace(" - 2026-11-29", ""), "0.1.0"),
        (CHANGELOG.replace("2026-11-29", "2026-11-31"), "2026-11-31"),
        (CHANGELOG.replace("- All of it.", "## [0.0.9] - 2026-01-01\n\n- Before."), "lists nothing"),
        ("# Changelog\n", "first section"),
    ],
)
def test_a_changelog_without_a_dated_section_of_the_version_refuses_it(changed: str, named: str) -> None:
    assert "All of it." in check_changelog(CHANGELOG, "0.1.0")
    with pytest.raises(ReleaseRefused, match=named):
        check_changelog(changed, "0.1.0")


def test_the_changelog_of_this_tree_is_that_of_its_version() -> None:
    version = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]
    changelog = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    if ".dev" in version:
        assert "\n## [" in changelog
        assert changelog.partition("\n## ")[2].startswith("[Unreleased]\n")
    else:
        check_changelog(changelog, version)


def test_a_tree_with_a_file_that_is_not_committed_is_not_released(tmp_path: Path) -> None:
    def git(*arguments: str) -> None:
        author = ["-c", "user.name=A", "-c", "user.email=a@example.org"]
        subprocess.run(["git", "-C", str(tmp_path), *author, *arguments], check=True, capture_output=True)

    git("init")
    git("commit", "--allow-empty", "--message", "Begin")
    assert len(check_clean(tmp_path)) == 40
    (tmp_path / "left.txt").touch()
    with pytest.raises(ReleaseRefused, match=r"left\.txt"):
        check_clean(tmp_path)


def test_a_distribution_holds_what_is_tracked_and_nothing_else() -> None:
    check_contents("a.whl", ["app/main.py"], ["app/main.py"])
    with pytest.raises(ReleaseRefused, match=r"a\.whl lacks app/web/index\.html"):
        check_contents("a.whl", ["app/main.py"], ["app/main.py", "app/web/index.html"])
    with pytest.raises(ReleaseRefused, match=r"tests/data/cat\.jpg"):
        check_contents("a.whl", ["app/main.py", "tests/data/cat.jpg"], ["app/main.py"])


def test_every_file_of_the_packages_is_named_as_package_data() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    patterns: dict[str, list[str]] = project["tool"]["setuptools"]["package-data"]
    for package in PACKAGES:
        files = {path for path in (ROOT / package).rglob("*.*") if path.suffix != ".pyc"}
        for folder in {path.parent for path in files}:
            name = ".".join(folder.relative_to(ROOT).parts)
            for pattern in ["*.py", *patterns["*"], *patterns.get(name, [])]:
                files -= set(folder.glob(pattern))
        assert files == set()


def test_the_image_has_every_label_with_the_values_of_the_release() -> None:
    labels = labels_in((ROOT / "Dockerfile").read_text(encoding="utf-8"))
    check_labels(labels, {"licenses": "Apache-2.0", "version": "${VERSION}"})
    assert labels.keys() == LABELS
    with pytest.raises(ReleaseRefused, match="lacks the labels revision"):
        check_labels(dict.fromkeys(LABELS - {"revision"}, ""), {})
    with pytest.raises(ReleaseRefused, match=r"version is 0\.1\.0, not 0\.2\.0"):
        check_labels(dict.fromkeys(LABELS, "0.1.0"), {"version": "0.2.0"})


def test_a_base_image_without_a_digest_is_not_released() -> None:
    assert base_in((ROOT / "Dockerfile").read_text(encoding="utf-8")).startswith("python:3.11-slim")
    pinned = f"python:3.11-slim@sha256:{7:064x}"
    assert check_base(pinned) == pinned
    for loose in ("python:3.11-slim", pinned[:-1], pinned.replace("sha256", "md5")):
        with pytest.raises(ReleaseRefused, match="is not pinned"):
            check_base(loose)


def test_the_digest_of_the_base_is_written_into_the_dockerfile(tmp_path: Path) -> None:
    (tmp_path / "scripts").mkdir()
    for name in ("Dockerfile", "scripts/pin-base-image"):
        shutil.copy(ROOT / name, tmp_path / name)
    client = tmp_path / "docker"  # says what an engine says after a pull
    client.write_text(f'#!/bin/sh\n[ "$1" = pull ] || echo "example.org/python@sha256:{7:064x}"\n')
    client.chmod(0o755)
    command = [tmp_path / "scripts" / "pin-base-image"]
    environment = {**os.environ, "DOCKER": str(client)}
    for _ in range(2):  # a base that is pinned is pinned anew
        subprocess.run(command, env=environment, check=True, capture_output=True)
        dockerfile = (tmp_path / "Dockerfile").read_text(encoding="utf-8")
        assert check_base(base_in(dockerfile)) == f"python:3.11-slim@sha256:{7:064x}"
    client.write_text("#!/bin/sh\n")
    refused = subprocess.run(command, env=environment, check=False, capture_output=True, text=True)
    assert (refused.returncode, "has no digest of python:3.11-slim" in refused.stderr) == (1, True)


def test_the_bill_of_materials_names_what_is_installed() -> None:
    folder = str(Path(pytest.__file__).parents[1])
    bill = bill_of_materials(folder)
    found = {one["name"]: one for one in bill["components"]}
    assert found["pillow"]["purl"] == f"pkg:pypi/pillow@{version('pillow')}"
    assert found["click"]["licenses"] == [{"expression": "BSD-3-Clause"}]
    assert len(found) == len(bill["components"]) > 40
    assert bill == bill_of_materials(folder)


def test_without_a_client_no_engine_runs() -> None:
    assert not engine_runs("no-such-docker")
