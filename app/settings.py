"""Every setting of the service: read from FULLCOUNT_… in the environment, overridden by the command line.

Nothing is read at import; `create_app` is given an instance.
"""

import os
import tempfile
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from app.errors import SpoolMissing
from model_store.images.pixels import (
    DEFAULT_MAX_IMAGE_BYTES,
    DEFAULT_MAX_IMAGE_PIXELS,
    MAX_IMAGE_PIXELS,
    Format,
    InputSpec,
)
from model_store.labelled_sets.labelled_set import SetLimits

MIB = 1024 * 1024
GIB = 1024 * MIB

Positive = Annotated[int, Field(gt=0)]


class Settings(BaseSettings):
    """Settings of the service. Units are in the names."""

    model_config = SettingsConfigDict(
        env_prefix="FULLCOUNT_", env_ignore_empty=True, extra="ignore", frozen=True, use_attribute_docstrings=True
    )

    store: Path = Path("models")
    """Directory of the model store."""
    models: Annotated[tuple[str, ...], NoDecode] = ()
    """Models to serve, separated by commas; the first one answers requests that name none. Empty: every model."""
    version: Positive | None = None
    """Version to serve, when one model is served; default: what the alias `serving` says, else the highest."""
    evaluations_dir: Path | None = None
    """Directory for stored reports; default: in the store, beside each model."""
    spool_dir: Path | None = None
    """Directory where uploads wait on disk; default: the system's directory for temporary files."""

    host: str = "127.0.0.1"
    """Address to listen on; 0.0.0.0 listens on all."""
    port: Annotated[int, Field(ge=0, le=65535)] = 8000
    """Port to listen on; 0 lets the system choose."""
    workers: Positive = 1
    """Processes that serve, with a share of the cores and models of their own; limits count for each."""
    fd: Annotated[int, Field(ge=0)] | None = None
    """Number of a socket, inherited from the process that started this one, to listen on instead of host and port."""
    shutdown_grace_s: Positive = 30
    """Seconds that requests under way have to finish after SIGTERM."""
    body_timeout_s: Annotated[float, Field(gt=0)] = 30.0
    """Seconds for the head of a request, and without a byte of its body, after which it is given up."""
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    """Least severity of what is logged."""

    engine: Literal["auto", "tensorflow", "openvino"] = "auto"
    """What computes; `auto` is TensorFlow where there is a GPU for it, else OpenVINO, if they are installed."""
    precision: Literal["f32", "bf16", "int8", "auto"] = "f32"
    """In what it computes; `auto` is the fastest that costs the version next to nothing, by its own measurement."""
    device: Annotated[str, Field(pattern=r"^(auto|cpu|gpu(:\d+)?)$")] = "auto"
    """`auto` (every GPU there is, else the CPU), `cpu`, `gpu` (every one) or `gpu:N`; one missing is an error."""
    max_batch_size: Annotated[int, Field(ge=1, le=1024)] = 16
    """Most images that the engine computes at once."""
    engine_threads: Annotated[int, Field(ge=0)] = 0
    """Cores that the engine uses; 0: all there are."""
    decode_threads: Annotated[int, Field(ge=0)] = 0
    """Threads that decode images and call the engine, once for single images and once for those of batches and
    evaluations; 0: two more than there are cores."""
    max_loaded_versions: Positive = 4
    """Versions in memory beside those served by default; the least recently used one makes room, if it is idle."""

    predict_timeout_ms: Annotated[int, Field(ge=0)] = 0
    """Milliseconds for one prediction, upload included, after which it is dropped; 0: none. A client may allow less."""
    max_uploads: Positive = 512
    """POST requests under way at the same time; one more gets 503 before its body is read."""
    max_queue: Positive = 256
    """Single images that may wait for a decoder, and for the engine; one more gets 503."""
    max_in_flight: Positive = 64
    """Images of one batch or evaluation that are decoded or computed at the same time."""
    max_evaluations: Positive = 4
    """Batches and evaluations under way at the same time, their uploads included; one more gets 503."""

    max_image_bytes: Positive = DEFAULT_MAX_IMAGE_BYTES
    """Most bytes of one image file."""
    max_image_pixels: Annotated[int, Field(gt=0, le=MAX_IMAGE_PIXELS)] = DEFAULT_MAX_IMAGE_PIXELS
    """Most pixels (width times height) of one image."""
    max_batch_images: Positive = 1000
    """Most images in one batch."""
    max_batch_bytes: Positive = 512 * MIB
    """Most bytes of the body of one batch."""
    max_archive_bytes: Positive = 4 * GIB
    """Most bytes of the body of one evaluation."""
    max_archive_entries: Positive = 100_000
    """Most entries of an archive."""
    max_archive_uncompressed_bytes: Positive = 16 * GIB
    """Most bytes of all files of an archive together, unpacked."""
    max_compression_ratio: Annotated[float, Field(ge=1)] = 200.0
    """Most bytes unpacked for one byte of the archive."""
    extra_formats: Annotated[tuple[Format, ...], NoDecode] = ()
    """Image formats accepted beside those of the model's manifest, separated by commas: AVIF."""

    @field_validator("models", "extra_formats", mode="before")
    @classmethod
    def _split(cls, value: object) -> object:
        if isinstance(value, str):
            return tuple(part.strip() for part in value.split(",") if part.strip())
        return value

    def set_limits(self) -> SetLimits:
        """Return what an archive may cost."""
        return SetLimits(
            max_entries=self.max_archive_entries,
            max_uncompressed_bytes=self.max_archive_uncompressed_bytes,
            max_compression_ratio=self.max_compression_ratio,
            max_image_bytes=self.max_image_bytes,
        )

    def input_of(self, spec: InputSpec) -> InputSpec:
        """Return a model's input with the extra formats of this service; the pixels are made as ever."""
        return InputSpec(**spec.model_dump(exclude={"formats"}), formats=(*spec.formats, *self.extra_formats))

    def environment(self) -> dict[str, str]:
        """Return the environment in which another process reads these settings."""
        return {
            f"{self.model_config['env_prefix']}{name.upper()}": _in_environment(getattr(self, name))
            for name in type(self).model_fields
        }

    def image_threads(self, of_cores: int) -> int:
        """Return how many threads take images from bytes to the engine.

        Two more than cores: while one waits for Python's lock or for the engine, another has something to do.
        """
        return self.decode_threads or of_cores + 2

    def spool_directory(self) -> Path:
        """Return where uploads wait on disk.

        Raises:
            SpoolMissing: There is no such directory.
        """
        try:
            directory = self.spool_dir or Path(tempfile.gettempdir())
        except FileNotFoundError as error:  # a read-only system without a place for temporary files
            raise SpoolMissing("none of the usual ones for temporary files can be written") from error
        if not directory.is_dir():
            raise SpoolMissing(f"{directory} does not exist")
        return directory


def _in_environment(value: object) -> str:
    if value is None:
        return ""
    return ",".join(value) if isinstance(value, tuple) else str(value)


def cores() -> int:
    """Return the number of cores this process may use: its affinity, or a container's quota if that is less."""
    allowed = len(os.sched_getaffinity(0))
    try:
        quota, period = Path("/sys/fs/cgroup/cpu.max").read_text().split()
    except (OSError, ValueError):  # no control groups of version 2 here
        return allowed
    return allowed if quota == "max" else max(1, min(allowed, int(quota) // int(period)))
