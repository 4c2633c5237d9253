"""All settings of the service, read from FULLCOUNT_… in the environment and overridden by the command line.

Nothing is read at import; `create_app` is passed an instance.
"""

import os
import re
import tempfile
from pathlib import Path
from typing import Annotated, Final, Literal

from pydantic import Field, field_validator
from pydantic_core import PydanticCustomError
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

DEFAULT_PORT: Final = 8000
_SERVICE_LINK: Final = re.compile(r"(?:tcp|udp|sctp)://\S+")
"""The value of `NAME_PORT` that Kubernetes puts into every container for a Service of that name."""
_ORIGIN: Final = re.compile(r"\*|null|[a-z][a-z0-9+.-]*://[^\s/?#@*]+")
_HOST: Final = re.compile(r"\*|(?:\*\.)?[a-z0-9_-]+(?:\.[a-z0-9_-]+)*")
_ROOT_PATH: Final = re.compile(r"(?:/(?!\.{1,2}(?:/|\Z))[A-Za-z0-9._~-]+)*")

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
    """Version to serve, if one model is served; default: the version with the alias `serving`, else the highest."""
    evaluations_dir: Path | None = None
    """Directory for stored reports; default: in the store, beside each model."""
    spool_dir: Path | None = None
    """Directory for uploads while they wait on disk, and for the copy of a version while it is loaded; default: the
    system's directory for temporary files."""

    host: str = "127.0.0.1"
    """Address to listen on; 0.0.0.0 listens on all addresses."""
    port: Annotated[int, Field(ge=0, le=65535)] = DEFAULT_PORT
    """Port to listen on; 0 lets the system choose. A Kubernetes service link, `tcp://…`, is ignored."""
    root_path: str = ""
    """Path below which a proxy publishes the service, such as `/vision`, whether or not the proxy strips it."""
    cors_origins: Annotated[tuple[str, ...], NoDecode] = ()
    """Origins of other pages that may ask the service in a browser, separated by commas, such as
    `https://shop.example`; `*` allows all. Empty: none."""
    allowed_hosts: Annotated[tuple[str, ...], NoDecode] = ()
    """Names that requests may use for the service, besides IP addresses, names without a dot and those below
    `localhost`, separated by commas, such as `vision.example,*.example.org`; `*` allows every name. Empty: none if only
    this machine can connect and there is no `FULLCOUNT_ROOT_PATH`, which a proxy has; else every."""
    workers: Positive = 1
    """Number of server processes, each with a share of the cores and its own models; limits apply to each."""
    fd: Annotated[int, Field(ge=0)] | None = None
    """Number of a socket, inherited from the process that started this one, to listen on instead of host and port."""
    shutdown_grace_s: Positive = 30
    """Seconds that requests under way have to finish after SIGTERM."""
    body_timeout_s: Annotated[float, Field(gt=0)] = 30.0
    """Seconds after which a client is dropped, if the head of its request is incomplete, no byte of its body arrives or
    it takes no byte of its answer."""
    max_connections: Positive = 1024
    """Maximum number of connections. With one more, the one that has waited longest for a request is closed; if all
    have requests under way, the new one gets 503. There are never more than half of the files that may be open."""
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    """Lowest severity that is logged."""

    engine: Literal["auto", "tensorflow", "openvino"] = "auto"
    """Inference engine; `auto` is TensorFlow if it has a GPU, else OpenVINO, provided that they are installed."""
    precision: Literal["f32", "bf16", "int8", "auto"] = "f32"
    """Precision of the engine; `auto` is the fastest whose loss, as measured for the version, is negligible."""
    device: Annotated[str, Field(pattern=r"^(auto|cpu|gpu(:\d+)?)$")] = "auto"
    """`auto` (all GPUs, else the CPU), `cpu`, `gpu` (all GPUs) or `gpu:N`; a missing device is an error."""
    max_batch_size: Annotated[int, Field(ge=1, le=1024)] = 16
    """Maximum number of images that the engine computes at once."""
    engine_threads: Annotated[int, Field(ge=0)] = 0
    """Number of cores that the engine uses; 0: all cores."""
    decode_threads: Annotated[int, Field(ge=0)] = 0
    """Number of threads that decode images and call the engine: as many for single images as for batches and
    evaluations; 0: the number of cores plus two."""
    max_loaded_versions: Positive = 4
    """Maximum number of versions in memory besides those served by default. The least recently used one makes room, if
    it is idle."""

    predict_timeout_ms: Annotated[int, Field(ge=0)] = 0
    """Milliseconds after which one prediction, including its upload, is dropped; 0: no limit. Clients may set less."""
    max_uploads: Positive = 512
    """Maximum number of POST requests under way; a further one gets 503 before its body is read."""
    max_queue: Positive = 256
    """Maximum number of single images waiting for a decoder, and for the engine; a further one gets 503."""
    max_in_flight: Positive = 64
    """Maximum number of images of one batch or evaluation that are decoded or computed at the same time."""
    max_evaluations: Positive = 4
    """Maximum number of batches and evaluations under way, including their uploads; a further one gets 503. As many
    interpretations, and as many comparisons and renderings of stored reports, may be under way as well."""
    max_job_seconds: Positive = 7200
    """Seconds after which a batch or an evaluation, its upload included, an interpretation, a comparison or a rendering
    is ended."""
    max_report_reads: Positive = 128
    """Maximum number of requests under way that read stored reports; a further one gets 503."""

    memory_mib: Positive | None = None
    """Memory that the whole service may use, in MiB, with its models and all its processes; default: what its control
    group allows, as in a container with a limit, else half of the machine's."""
    max_image_bytes: Positive = DEFAULT_MAX_IMAGE_BYTES
    """Maximum size of one image file, in bytes."""
    max_image_pixels: Annotated[int, Field(gt=0, le=MAX_IMAGE_PIXELS)] = DEFAULT_MAX_IMAGE_PIXELS
    """Maximum number of pixels (width times height) of one image; of a JPEG that is shrunk while it is decoded, four
    times as many."""
    max_decode_s: Annotated[float, Field(gt=0, le=3600)] = 1.4
    """Seconds of processor time that decoding one image may take in a decoding process."""
    max_batch_images: Positive = 1000
    """Maximum number of images in one batch."""
    max_batch_bytes: Positive = 512 * MIB
    """Maximum size of the body of one batch, in bytes."""
    max_archive_bytes: Positive = 4 * GIB
    """Maximum size of the body of one evaluation, in bytes."""
    max_archive_entries: Positive = 100_000
    """Maximum number of entries of an archive."""
    max_archive_uncompressed_bytes: Positive = 16 * GIB
    """Maximum size of all files of an archive together, uncompressed, in bytes."""
    max_compression_ratio: Annotated[float, Field(ge=1)] = 200.0
    """Maximum ratio of the uncompressed size of an archive to its size."""
    extra_formats: Annotated[tuple[Format, ...], NoDecode] = ()
    """Image formats accepted besides those in the model's manifest, separated by commas: AVIF."""

    @field_validator("models", "extra_formats", "cors_origins", "allowed_hosts", mode="before")
    @classmethod
    def _split(cls, value: object) -> object:
        if isinstance(value, str):
            return tuple(part.strip() for part in value.split(",") if part.strip())
        return value

    @field_validator("port", mode="before")
    @classmethod
    def _without_service_link(cls, value: object) -> object:
        return DEFAULT_PORT if isinstance(value, str) and _SERVICE_LINK.fullmatch(value) else value

    @field_validator("root_path")
    @classmethod
    def _check_root_path(cls, value: str) -> str:
        path = value.rstrip("/")
        if not _ROOT_PATH.fullmatch(path):
            raise PydanticCustomError("root_path", "it is a path such as /vision, of letters, digits, '.', '_' and '-'")
        return path

    @field_validator("cors_origins")
    @classmethod
    def _check_origins(cls, values: tuple[str, ...]) -> tuple[str, ...]:
        origins = tuple(_as_browsers_send(value) for value in values)
        for origin in origins:
            if not _ORIGIN.fullmatch(origin):
                rule = "{origin} is not a scheme and a host without a path, such as https://shop.example"
                raise PydanticCustomError("cors_origins", rule, {"origin": origin})
        return origins

    @field_validator("allowed_hosts")
    @classmethod
    def _check_hosts(cls, values: tuple[str, ...]) -> tuple[str, ...]:
        hosts = tuple(value.lower().rstrip(".") for value in values)
        for host in hosts:
            if not _HOST.fullmatch(host):
                rule = "{host} is not a name without scheme and port, such as vision.example or *.example.org"
                raise PydanticCustomError("allowed_hosts", rule, {"host": host})
        return hosts

    def set_limits(self) -> SetLimits:
        """Return the limits of an archive."""
        return SetLimits(
            max_entries=self.max_archive_entries,
            max_uncompressed_bytes=self.max_archive_uncompressed_bytes,
            max_compression_ratio=self.max_compression_ratio,
            max_image_bytes=self.max_image_bytes,
        )

    def input_of(self, spec: InputSpec) -> InputSpec:
        """Return a model's input with the extra formats of this service; decoding is otherwise unchanged."""
        return InputSpec(**spec.model_dump(exclude={"formats"}), formats=(*spec.formats, *self.extra_formats))

    def environment(self) -> dict[str, str]:
        """Return the environment in which another process reads these settings."""
        return {
            f"{self.model_config['env_prefix']}{name.upper()}": _in_environment(getattr(self, name))
            for name in type(self).model_fields
        }

    def image_threads(self, of_cores: int) -> int:
        """Return the number of threads that decode images and call the engine.

        The default is two more than the cores, so that others can work while one waits for the GIL or the engine.
        """
        return self.decode_threads or of_cores + 2

    def spool_directory(self) -> Path:
        """Return the directory for uploads.

        Raises:
            SpoolMissing: If the directory does not exist.
        """
        try:
            directory = self.spool_dir or Path(tempfile.gettempdir())
        except FileNotFoundError as error:  # a read-only system without a directory for temporary files
            raise SpoolMissing("none of the usual ones for temporary files can be written") from error
        if not directory.is_dir():
            raise SpoolMissing(f"{directory} does not exist")
        return directory


def _as_browsers_send(origin: str) -> str:
    """Return an origin in lower case, without the slash and the default port that a browser leaves out."""
    origin = origin.lower().removesuffix("/")
    port = {"http": ":80", "https": ":443"}.get(origin.partition("://")[0], "")
    return origin.removesuffix(port)


def _in_environment(value: object) -> str:
    if value is None:
        return ""
    return ",".join(value) if isinstance(value, tuple) else str(value)


def cores() -> int:
    """Return the number of cores that this process may use: its affinity, or a container's quota if lower."""
    allowed = len(os.sched_getaffinity(0))
    try:
        quota, period = Path("/sys/fs/cgroup/cpu.max").read_text().split()
    except (OSError, ValueError):  # the system has no control groups of version 2
        return allowed
    return allowed if quota == "max" else max(1, min(allowed, int(quota) // int(period)))
