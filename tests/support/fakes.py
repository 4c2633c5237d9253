"""Small real things for tests: images made by Pillow, an engine that computes with NumPy, a published store.

The fake engine knows what it was shown: its probability for the second label is the mean of the image over 255, so a
black image is the first label, a white one the second, and every answer can be checked.
"""

import asyncio
import io
import threading
import time
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from PIL import Image

from app.errors import EngineError
from app.inference.batcher import Answer, Batcher, deliver
from app.inference.engines.base import ComputeMaps, Maps, Predict, Probabilities
from app.settings import Settings
from model_store.errors import FullcountError
from model_store.evaluation.records import Records
from model_store.images.fingerprint import TrainingFingerprints
from model_store.images.light_grids import has_grid
from model_store.images.pixels import InputSpec, Pixels, decode
from model_store.manifest import DatasetSummary, Description, Headline, Signature, TensorSpec, TrainingImages
from model_store.precision import Precision
from model_store.storage.digest import digest_file
from model_store.storage.golden import Golden, save_golden
from model_store.storage.training_images import write_fingerprints
from model_store.store import ModelStore, StoredVersion

SIZE = 8
LABELS = ("dark", "light")


def encode(image: Image.Image, form: str = "PNG", **options: object) -> bytes:
    """Return an image as a file's bytes."""
    buffer = io.BytesIO()
    image.save(buffer, form, **options)
    return buffer.getvalue()


def grey(level: int, form: str = "PNG", size: tuple[int, int] = (16, 16), **options: object) -> bytes:
    """Return a file of one grey."""
    return encode(Image.new("RGB", size, (level, level, level)), form, **options)


def brightness(pixels: Pixels) -> Probabilities:
    """Answer as the fake model does: uint8 `(n, h, w, 3)` → float32 `(n, 2)`."""
    light = pixels.reshape(len(pixels), -1).mean(axis=1) / 255
    return np.stack([1 - light, light], axis=1).astype(np.float32)


def activation(pixels: Pixels) -> Maps:
    """Explain as the fake model does, `(n, 2, 2, 2)`: a quadrant that is lighter than the rest speaks for the light."""
    light = np.clip(brightness(pixels)[:, 1].astype(np.float64), 1e-6, 1 - 1e-6)
    count, height, width, _ = pixels.shape
    quadrants = pixels.reshape(count, 2, height // 2, 2, width // 2, 3).mean(axis=(2, 4, 5)) / 255
    towards = (np.log(light / (1 - light)) / 2)[:, None, None] + quadrants - quadrants.mean(axis=(1, 2), keepdims=True)
    return np.stack([-towards, towards], axis=-1).astype(np.float32)


class FakeEngine:
    """An engine without a model; `delay_s` a batch, and `fails_on` a grey level at which it raises.

    It computes while its `gate` is open, and says with `begun` that it was given something.
    """

    name = "fake"
    device = "cpu"
    precision: Precision = "f32"
    lanes = 1
    tolerance = 1e-4
    batch_sizes: tuple[int, ...] = (1, 2, 4, 8)

    def __init__(self, *, delay_s: float = 0.0, fails_on: int | None = None) -> None:
        self.delay_s = delay_s
        self.fails_on = fails_on
        self.batches: list[int] = []
        self.gate = threading.Event()
        self.gate.set()
        self.begun = threading.Event()
        self.is_closed = False
        self.maps_loaded = 0

    def predict(self, pixels: Pixels) -> Probabilities:
        self.begun.set()
        self.gate.wait()
        time.sleep(self.delay_s)
        self.batches.append(len(pixels))
        if self.fails_on is not None and (pixels == self.fails_on).all(axis=(1, 2, 3)).any():
            raise RuntimeError("the fake engine fails as it was told to")
        return brightness(pixels)

    predict_in_background = predict

    def ways(self) -> tuple[Predict, ...]:
        return (self.predict,)

    def load_maps(self, directory: Path, signature: Signature) -> ComputeMaps:
        """Return what is law-abiding and looks at places: the brightness of each quadrant shifts it."""
        del directory, signature
        self.maps_loaded += 1
        return activation

    def close(self) -> None:
        self.is_closed = True


def computing(predict: Predict, *, batch_sizes: tuple[int, ...], lanes: int = 1) -> FakeEngine:
    """Return an engine that computes with a function."""
    engine = FakeEngine()
    engine.batch_sizes, engine.lanes = batch_sizes, lanes
    engine.predict = engine.predict_in_background = predict  # type: ignore[method-assign,assignment]
    return engine


def bring(batcher: Batcher, pixels: Pixels, *, is_background: bool = False) -> asyncio.Future[Answer]:
    """Bring an image to a batcher in a worker of its own, which may find a free lane and compute."""
    answer: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()

    def work() -> None:
        try:
            batcher.compute(pixels, answer, is_background=is_background)
        except FullcountError as error:
            deliver([(answer, error)])

    threading.Thread(target=work).start()
    return answer


class FakeFactory:
    """Makes fake engines while its `gate` is open, fails for the versions it is told to, and remembers both."""

    def __init__(self, engine: FakeEngine | None = None) -> None:
        self._engine = engine
        self.gate = threading.Event()
        self.gate.set()
        self.fails_for: set[int] = set()
        self.made: list[tuple[str, int]] = []
        self.engines: list[FakeEngine] = []

    def __call__(self, stored: StoredVersion, settings: Settings) -> FakeEngine:
        del settings
        self.gate.wait(10)  # a test that fails leaves it shut
        self.made.append((stored.manifest.model, stored.manifest.version))
        if stored.manifest.version in self.fails_for:
            raise EngineError("the fake engine does not load, as it was told")
        self.engines.append(self._engine or FakeEngine())
        return self.engines[-1]


def describe(  # noqa: PLR0913  what a manifest says
    labels: Sequence[str] = LABELS,
    *,
    positive: str | None = None,
    threshold: float | None = None,
    size: int = SIZE,
    training_images: TrainingImages | None = None,
    metrics: Mapping[str, Headline] | None = None,
    is_explained: bool = False,
) -> Description:
    """Return a description that lacks nothing."""
    pixels = TensorSpec(name="pixels", dtype="uint8", shape=(None, size, size, 3))
    maps = TensorSpec(name="maps", dtype="float32", shape=(None, None, None, len(labels)))
    return Description(
        labels=tuple(labels),
        positive=positive,
        threshold=threshold,
        input=InputSpec(height=size, width=size),
        backbone="fake",
        weights="none",
        parameters=0,
        training_images=training_images,
        metrics=dict(metrics or {}),
        dataset=DatasetSummary(counts={}, fates={}, digest="0" * 64),
        signature=Signature(
            input=pixels, output=TensorSpec(name="probabilities", dtype="float32", shape=(None, len(labels)))
        ),
        activation_maps=Signature(name="class_activation_maps", input=pixels, output=maps) if is_explained else None,
    )


def publish(
    store: Path, model: str = "shades", *, files: Mapping[str, bytes] | None = None, **description: object
) -> StoredVersion:
    """Publish a version that only the fake engine can serve, with more files by path."""
    with ModelStore(store).stage(model) as staging:
        _write_fake(staging.directory, SIZE)
        for path, data in (files or {}).items():
            (staging.directory / path).parent.mkdir(exist_ok=True)
            (staging.directory / path).write_bytes(data)
        return staging.publish(describe(**description))  # type: ignore[arg-type]


def publish_trained_on(store: Path, pictures: Sequence[bytes], size: int) -> StoredVersion:
    """Publish a version that knows the pictures it was trained on, by their files."""
    seen = Records(((str(number), LABELS[0]) for number in range(len(pictures))), LABELS)
    for number, picture in enumerate(pictures):
        seen.see(number, decode(picture, InputSpec(height=size, width=size)).pixels)
    hashes = np.zeros(len(pictures), np.uint64)
    with ModelStore(store).stage("shades") as staging:
        _write_fake(staging.directory, size)
        path = staging.directory / "training_images.npz"
        write_fingerprints(path, TrainingFingerprints(hashes, seen.digests, seen.grids[has_grid(seen.grids)]))
        images = TrainingImages(file=path.name, count=len(pictures), digest=digest_file(path).sha256)
        return staging.publish(describe(size=size, training_images=images))


def _write_fake(directory: Path, size: int) -> None:
    pixels = np.stack([np.full((size, size, 3), level, np.uint8) for level in (0, 255)])
    (directory / "saved_model.pb").write_bytes(b"no real model")
    save_golden(directory, Golden(pixels, brightness(pixels)))


def zip_of(files: Mapping[str, bytes]) -> bytes:
    """Return a zip of paths and bytes; a path that ends in a slash is a directory."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for path, data in files.items():
            archive.writestr(zipfile.ZipInfo(path), data, zipfile.ZIP_DEFLATED)  # without the time, which would differ
    return buffer.getvalue()


class _Unmarked(zipfile.ZipInfo):
    """An entry whose name is bytes, not marked as UTF-8, as programs write it that have never heard of that."""

    def __init__(self, raw: bytes) -> None:
        super().__init__(raw.decode("cp437"))
        self._raw = raw

    def _encodeFilenameFlags(self) -> tuple[bytes, int]:  # noqa: N802  zipfile's name
        return self._raw, self.flag_bits


def unmarked_zip_of(files: Mapping[bytes, bytes], extras: Mapping[bytes, bytes] | None = None) -> bytes:
    """Return a zip of files by name, in whichever code page, with extra fields by name."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for raw, data in files.items():
            info = _Unmarked(raw)
            info.extra = (extras or {}).get(raw, b"")
            archive.writestr(info, data)
    return buffer.getvalue()
