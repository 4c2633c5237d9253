"""Rendering of reports in separate processes, a bounded number at the same time."""

import asyncio
import os
import sys
from contextlib import ExitStack, suppress
from pathlib import Path

from app.errors import RenderingFailed
from app.reports.forms import Form
from app.reports.rendering.render import packed
from model_store.scratch import scratch_directory


class Renderer:
    """Renders reports for one service.

    Args:
        at_once: Number of processes at the same time; further calls wait.
    """

    def __init__(self, at_once: int) -> None:
        self._places = asyncio.Semaphore(at_once)
        self._cache: Path | None = None
        self._open = ExitStack()

    def close(self) -> None:
        """Remove the cache that the processes share: matplotlib's list of fonts."""
        self._open.close()

    async def render(self, form: Form, report: str, records: bytes) -> bytes:
        """Render a report in another form; cancelling the call ends the process.

        Args:
            form: The form of the result.
            report: The report as JSON.
            records: The records, as bytes of `dump_records`.

        Raises:
            RenderingFailed: If the process fails.
        """
        if self._cache is None:
            self._cache = self._open.enter_context(scratch_directory("plots"))
        async with self._places:
            process = await asyncio.create_subprocess_exec(
                sys.executable,
                *("-m", "app.reports.rendering.render", form),
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.PIPE,
                env={**os.environ, "MPLCONFIGDIR": str(self._cache)},
            )
            try:
                rendered, errors = await process.communicate(packed(report, records))
            finally:
                if process.returncode is None:
                    with suppress(ProcessLookupError):
                        process.kill()
                    await process.wait()
        if process.returncode:
            raise RenderingFailed(form, process.returncode, errors.decode(errors="replace").strip())
        return rendered
