"""`make release` as a whole, on a copy of the tracked files that has a version and a commit of its own."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
VERSION = "91.2.3"


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """Commit the files of this tree as a version to release."""
    tree = tmp_path / "tree"
    subprocess.run(["git", "init", "--quiet", tree], check=True)
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, check=True, capture_output=True)
    names = [name for name in listed.stdout.decode().split("\0") if (ROOT / name).is_file()]
    for name in names:
        (tree / name).parent.mkdir(parents=True, exist_ok=True)
        (tree / name).write_bytes((ROOT / name).read_bytes())
        (tree / name).chmod((ROOT / name).stat().st_mode)
    project, changelog = tree / "pyproject.toml", tree / "CHANGELOG.md"
    project.write_text(re.sub(r'(?m)^version = ".*"', f'version = "{VERSION}"', project.read_text(), count=1))
    section = f"\n## [{VERSION}] - 2026-11-29\n\n- A rehearsal.\n\n## "
    changelog.write_text(changelog.read_text().replace("\n## ", section, 1))
    author = ["-c", "user.name=A", "-c", "user.email=a@example.org"]
    subprocess.run(["git", *author, "add", "--all"], cwd=tree, check=True)
    subprocess.run(["git", *author, "commit", "--quiet", "--message", "Release"], cwd=tree, check=True)
    return tree


@pytest.mark.thorough
@pytest.mark.timeout(1800)
def test_a_release_is_built_installed_and_used_and_leaves_the_rest_to_a_person(tree: Path) -> None:
    options = ["--docker", "no-such-docker", "--base-image", f"base@sha256:{0:064}"]
    command = [sys.executable, "-m", "scripts.release", *options]
    done = subprocess.run(command, cwd=tree, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    name = f"fullcount-{VERSION}"
    assert sorted(path.name for path in (tree / "dist").iterdir()) == [f"{name}-py3-none-any.whl", f"{name}.tar.gz"]
    assert done.stdout.count(f"fullcount, version {VERSION}") == 3
    assert "no image was built" in done.stdout
    assert f"git tag --sign v{VERSION}" in done.stdout
    assert "Set the version in pyproject.toml to 91.3.0.dev0" in done.stdout
    assert subprocess.run(["git", "status", "--porcelain"], cwd=tree, capture_output=True, check=True).stdout == b""
