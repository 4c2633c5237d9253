"""What decoding one file costs, in a process of its own with limits: processor time, memory and the reason given.

`python -m benchmarks.attack.costs` reads paths of files, one a line, and writes one line of JSON for each. It holds
nothing but the decoder and forks for each file, so that one file's memory is not another's.
"""

import gc
import json
import os
import resource
import subprocess
import sys
from pathlib import Path
from types import TracebackType
from typing import Final, NamedTuple, Self

from model_store.errors import ImageRejected
from model_store.images.pixels import FORMATS, REASONS, InputSpec, decode

SPEC: Final = InputSpec(height=224, width=224, formats=FORMATS)
MAX_SECONDS: Final = 12
MAX_MEMORY: Final = 6 * 2**30
_ENDS: Final = ("answered", *sorted(REASONS), "out-of-memory", "error")
"""How a decode ends; its place is the exit status of the process."""


class Cost(NamedTuple):
    """What one file costs."""

    seconds: float
    """Processor time."""
    mib: float
    """Memory at the peak, beyond that of a process with the decoder and nothing to decode."""
    end: str
    """`answered`, a reason of `REASONS`, `out-of-memory`, `error`, or the signal that ended the process."""

    @property
    def share(self) -> float:
        """The larger of the shares of what one picture may take: 2 s and 512 MiB."""
        return max(self.seconds / 2, self.mib / 512)


class Meter:
    """The process that decodes; a context manager."""

    def __enter__(self) -> Self:
        command = [sys.executable, "-m", __spec__.name]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._process.communicate()

    def measure(self, path: Path) -> Cost:
        """Decode a file."""
        assert self._process.stdin is not None  # noqa: S101  both are pipes
        assert self._process.stdout is not None  # noqa: S101
        self._process.stdin.write(f"{path}\n")
        self._process.stdin.flush()
        return Cost(*json.loads(self._process.stdout.readline()))


def _serve() -> None:
    gc.freeze()  # else the first collection of a child copies every page
    _, idle = _in_a_child(None)
    for line in sys.stdin:
        status, used = _in_a_child(Path(line.rstrip("\n")))
        code = os.waitstatus_to_exitcode(status)
        end = _ENDS[code] if 0 <= code < len(_ENDS) else f"signal {-code}"
        cost = Cost(used.ru_utime + used.ru_stime, max(0, used.ru_maxrss - idle.ru_maxrss) / 1024, end)
        print(json.dumps(cost), flush=True)


def _in_a_child(path: Path | None) -> tuple[int, resource.struct_rusage]:
    child = os.fork()
    if child == 0:
        os._exit(_decode(path) if path else 0)
    _, status, used = os.wait4(child, 0)
    return status, used


def _decode(path: Path) -> int:
    resource.setrlimit(resource.RLIMIT_CPU, (MAX_SECONDS, MAX_SECONDS))
    resource.setrlimit(resource.RLIMIT_AS, (MAX_MEMORY, MAX_MEMORY))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    try:
        decode(path.read_bytes(), SPEC)
    except ImageRejected as rejected:
        return _ENDS.index(rejected.reason)
    except MemoryError:
        return _ENDS.index("out-of-memory")
    except Exception:  # noqa: BLE001  it is what is looked for
        return _ENDS.index("error")
    return 0


if __name__ == "__main__":
    _serve()
