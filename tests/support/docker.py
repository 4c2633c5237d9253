"""Docker's command line, and a container run as an operator would harden it."""

import re
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import httpx

DEBIANS: Final = Path("/usr/bin/docker")
"""Debian's client: a newer one, without its buildx plugin, may stand before it on the PATH and refuses to build."""
READY_WITHIN_S: Final = 120
HARDENED: Final = (
    *("--read-only", "--tmpfs", "/tmp:size=256m"),  # noqa: S108  in the container
    *("--cap-drop", "ALL", "--security-opt", "no-new-privileges"),
    *("--pids-limit", "256", "--memory", "600m", "--cpus", "2"),
)


def program() -> str:
    """Return the client to use, now: `prepare` may have installed Debian's a moment ago."""
    return str(DEBIANS) if DEBIANS.exists() else "docker"


def docker(*arguments: str, **environment: str) -> str:
    """Run a command of Docker's and return what it prints; what it says goes to the test's own output."""
    command = ["env", *(f"{name}={value}" for name, value in environment.items()), program(), *arguments]
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout.strip()


@dataclass(frozen=True)
class Container:
    """A container that serves."""

    name: str
    url: str
    cold_start_s: float
    """From `docker run` to the first answer that says ready."""

    def inspect(self, template: str) -> str:
        """Return a value of Docker's description."""
        return docker("inspect", "--format", template, self.name)

    def execute(self, *command: str) -> subprocess.CompletedProcess[str]:
        """Run a command inside, as the user that serves."""
        return subprocess.run(
            [program(), "exec", self.name, *command], check=False, capture_output=True, text=True, timeout=60
        )

    def client(self) -> httpx.Client:
        """Return a client, to be closed by the caller."""
        return httpx.Client(base_url=self.url, timeout=300)

    def evaluate(self, archive: bytes) -> dict[str, Any]:
        """Send a labelled zip and return the report."""
        with self.client() as client:
            answer = client.post("/evaluate", content=archive, headers={"Content-Type": "application/zip"})
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    def scored(self) -> int:
        """Return how many images it has answered so far."""
        found = re.search(r'fullcount_images_total\{outcome="scored"\} (\d+)', httpx.get(f"{self.url}/metrics").text)
        return int(found[1]) if found else 0


def start(image: str, store: Path, name: str) -> Container:
    """Start a container on a port of Docker's choice and wait until it is ready."""
    began = time.monotonic()
    docker(
        "run",
        "--detach",
        "--name",
        name,
        *HARDENED,
        "--publish",
        "127.0.0.1::8000",
        "--volume",
        f"{store}:/models:ro",
        image,
    )
    url = f"http://{docker('port', name, '8000/tcp')}"
    while time.monotonic() - began < READY_WITHIN_S:
        if _is_ready(url):
            return Container(name, url, time.monotonic() - began)
        time.sleep(0.05)
    logs = subprocess.run([program(), "logs", name], check=False, capture_output=True, text=True).stderr
    raise AssertionError(f"the container did not become ready:\n{logs}")


def _is_ready(url: str) -> bool:
    try:
        return httpx.get(f"{url}/health/ready").status_code == 200
    except httpx.TransportError:
        return False
