"""Publishes a stored version again with an int8 variant, and finds its images by their digests."""

import csv
import shutil
from importlib.metadata import version
from pathlib import Path
from typing import Final

import numpy as np
from rich.progress import Progress

from model_store.cells import unquoted
from model_store.errors import VersionCorrupt
from model_store.labelled_sets.recognition.folder_names import Split
from model_store.manifest import MANIFEST_NAME, Description, Manifest
from model_store.precision import INT8_DIRECTORY
from model_store.store import ModelStore, StoredVersion
from training.data.files import SPLITS, USED_FATES
from training.data.pixels.cache import DecodedImages, open_images
from training.data.scan import list_files
from training.data.source import open_source
from training.errors import ImagesMissing
from training.variants.computing import answer, read_model
from training.variants.held_out import HeldOut, Rows
from training.variants.making import Variants, add_int8, measure_bf16
from training.variants.quantization import check_quantizer, choose_calibration

DATASET: Final = Path("training") / "dataset.csv"


def publish_quantized(
    store: ModelStore, stored: StoredVersion, data: Path, seed: int, progress: Progress
) -> tuple[StoredVersion, Variants]:
    """Publish a copy of a version with an int8 variant.

    Args:
        store: Store of both versions.
        stored: The version in a private copy.
        data: Folder, archive or table that the version was trained on.
        seed: Seed of the choice of calibration images.
        progress: Progress display, which gets a bar per step.

    Returns:
        The new version and its variants.

    Raises:
        QuantizerMissing: If NNCF or OpenVINO is not installed.
        ImagesMissing: If the folder lacks a validation image, or all training images.
        QuantizationRefused: If each attempt exceeds the margins; nothing is published.
        VersionCorrupt: If the version's list of training files cannot be read.
    """
    check_quantizer()
    dataset = _read_dataset(stored)
    spec = stored.manifest.input
    with (
        store.stage(stored.manifest.model) as staging,
        open_source(data) as source,
        open_images(list_files(source.folder), spec, progress) as images,
    ):
        train, held_out = _find(dataset, images, stored, data)
        left_out = shutil.ignore_patterns(MANIFEST_NAME, INT8_DIRECTORY)
        shutil.copytree(stored.directory, staging.directory, ignore=left_out, dirs_exist_ok=True)
        bf16 = measure_bf16(staging.directory, spec, held_out, progress)
        int8 = add_int8(staging.directory, spec, choose_calibration(train, seed), held_out, progress)
        variants = Variants(bf16.measured | int8.measured, int8.method)
        return staging.publish(_described(stored.manifest, variants, seed)), variants


def _read_dataset(stored: StoredVersion) -> dict[Split, list[dict[str, str]]]:
    """Return the rows of the used files in the version's `dataset.csv`, by split."""
    try:
        with (stored.directory / DATASET).open(encoding="utf-8", newline="") as file:
            cells = [row for row in csv.DictReader(file) if row["fate"] in USED_FATES]
    except OSError as error:
        raise VersionCorrupt(stored.directory, [f"{DATASET} cannot be read ({error.strerror})"]) from error
    rows = [{name: unquoted(cell) for name, cell in row.items()} for row in cells]
    return {split: [row for row in rows if row["split"] == split] for split in SPLITS}


def _find(
    dataset: dict[Split, list[dict[str, str]]], images: DecodedImages, stored: StoredVersion, data: Path
) -> tuple[Rows, HeldOut]:
    """Find the version's training and validation images among those of a folder, by their bytes.

    Some training images may be missing, because they only set the ranges. Every validation image is required.
    """
    rows_by_digest = {file.sha256: file.row for file in images.files if file.row >= 0}
    digests = [row["sha256"] for row in dataset["train"]]
    train = np.array([rows_by_digest[digest] for digest in digests if digest in rows_by_digest], dtype=np.int64)
    missing = [row["path"] for row in dataset["validation"] if row["sha256"] not in rows_by_digest]
    if missing:
        raise ImagesMissing(data, "validation image", missing)
    if not len(train):
        raise ImagesMissing(data, "training image", [row["path"] for row in dataset["train"]])
    decision = stored.manifest.decision
    rows = np.array([rows_by_digest[row["sha256"]] for row in dataset["validation"]], dtype=np.int64)
    targets = np.array([decision.labels.index(row["label"]) for row in dataset["validation"]], dtype=np.int64)
    answers = answer(read_model(stored.directory, stored.manifest.input), images.pixels, rows, "f32")
    return train, HeldOut(images.pixels, rows, targets, answers, decision)


def _described(manifest: Manifest, variants: Variants, seed: int) -> Description:
    """Describe the new version: the description of the old one, with the measurements and its origin."""
    fields = manifest.model_dump(include=set(Description.model_fields))
    fields["precisions"] = variants.measured
    fields["settings"] |= {
        "int8.from_version": manifest.version,
        "int8.method": variants.method,
        "int8.seed": seed,
    }
    fields["software"] |= {package: version(package) for package in ("nncf", "openvino")}
    return Description.model_validate(fields)
