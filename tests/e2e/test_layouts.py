"""Real solar cells in every layout: the audit counts the same, and training learns the same from archive and table."""

import json
import os
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from model_store.store import ModelStore
from tests.support.layouts import LAYOUTS, SPLIT_LAYOUTS, Sample, lay_out, pack
from tests.support.tiny_backbone import TINY
from tests.support.trained_store import lay_out as lay_out_cells

ROOT = Path(__file__).parents[2]
pytestmark = pytest.mark.thorough  # tests/property/test_layouts.py has the same with drawn pictures


@pytest.fixture(scope="module")
def samples(tmp_path_factory: pytest.TempPathFactory) -> list[Sample]:
    root = tmp_path_factory.mktemp("cells")
    lay_out_cells(root)
    paths = sorted(root.rglob("*.png"))
    return [
        Sample(number, path.read_bytes(), path.parent.name, path.parent.parent.name)
        for number, path in enumerate(paths)
    ]


def fullcount(*arguments: str | Path, module: str = "training") -> str:
    command = [sys.executable, "-m", module, *map(str, arguments)]
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    return subprocess.run(command, capture_output=True, text=True, check=True, env=environment).stdout


@pytest.mark.parametrize("name", LAYOUTS)
def test_the_audit_counts_real_cells_alike(tmp_path: Path, samples: list[Sample], name: str) -> None:
    archive = pack(lay_out(name, samples, tmp_path / "cells"), ".zip")
    found = json.loads(fullcount("audit", archive, "--format", "json"))
    labels = Counter(sample.label for sample in samples)
    assert {label: sum(counts.values()) for label, counts in found["accounting"]["labels"].items()} == labels
    splits = Counter(sample.split for sample in samples) if name in SPLIT_LAYOUTS else {"": len(samples)}
    assert Counter(file["split"] for file in found["files"] if file["label"]) == splits


@pytest.mark.parametrize("name", ["seg_train and seg_test", "JSON lines with splits"])
def test_training_publishes_from_an_archive_and_from_a_table(tmp_path: Path, samples: list[Sample], name: str) -> None:
    root = lay_out(name, samples, tmp_path / "cells")
    data = root / "metadata.jsonl" if "JSON" in name else pack(root, ".tar.gz")
    options = ["--model", "cells", "--backbone", TINY.name, "--image-size", "64", "--epochs", "3", "--device", "cpu"]
    fullcount(
        "train",
        data,
        "--store",
        tmp_path / "store",
        *options,
        "--fine-tune-epochs",
        "0",
        module="tests.support.tiny_backbone",
    )
    counts = ModelStore(tmp_path / "store").open("cells").manifest.dataset.counts
    held_out = Counter(sample.label for sample in samples if sample.split == "test")
    assert counts["test"] == held_out
    trained = Counter(counts["train"]) + Counter(counts["validation"])
    assert trained == Counter(sample.label for sample in samples if sample.split == "train")
