"""A trained version in other precisions: measured, quantised, refused, published, served."""

import shutil
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import openvino
import pytest
from click.testing import CliRunner
from rich.progress import Progress

import training
from app.inference.engines.loading import choose_precision, load_engine
from app.settings import Settings
from model_store import precision
from model_store.images.pixels import decode
from model_store.store import ModelStore, StoredVersion
from tests.tf.training.conftest import config_for
from training.commands.quantize import quantize
from training.errors import ImagesMissing, QuantizationRefused, QuantizerMissing
from training.recipe import TrainingResult
from training.variants import quantization
from training.variants.computing import has_bf16
from training.variants.making import Variants
from training.variants.requantizing import publish_quantized

SILENT = Progress(disable=True)
LITE0 = "efficientnet-lite0"


def publish(run: TrainingResult, data: Path) -> tuple[StoredVersion, Variants]:
    return publish_quantized(ModelStore(run.stored.directory.parent.parent), run.stored, data, 0, SILENT)


@pytest.fixture(scope="module")
def run(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> TrainingResult:
    """Train and publish a network large enough to lose something."""
    return training.train(config_for(folder, tmp_path_factory.mktemp("store"), backbone=LITE0))


@pytest.fixture(scope="module")
def quantised(run: TrainingResult, folder: Path, tmp_path_factory: pytest.TempPathFactory) -> StoredVersion:
    """Run the command on a copy of the store."""
    store = tmp_path_factory.mktemp("store") / "models"
    shutil.copytree(run.stored.directory.parent.parent, store)
    done = CliRunner().invoke(quantize, ["colours", "--store", str(store), "--data", str(folder)])
    assert done.exit_code == 0, done.output
    assert "In int8: accuracy" in done.stdout
    assert "━" not in done.stdout  # progress is for standard error
    return ModelStore(store).open("colours", 2)


def refuse_everything(monkeypatch: pytest.MonkeyPatch) -> None:
    """Set a margin that nothing keeps, and spare the work of methods whose models are refused in any case."""
    monkeypatch.setattr(precision, "ACCURACY_MARGIN", -1.0)
    for name in quantization._METHODS:
        monkeypatch.setitem(quantization._METHODS, name, lambda read, *_: read())


def validation(run: TrainingResult, folder: Path) -> tuple[list[Any], list[str]]:
    files = [file for file in run.audit.files if file.split == "validation" and file.fate == "used"]
    spec = run.stored.manifest.input
    return [decode((folder / file.path).read_bytes(), spec).pixels for file in files], [str(f.label) for f in files]


@pytest.mark.skipif(not has_bf16(), reason="this processor has no bfloat16")
def test_training_measures_bfloat16_as_the_engine_computes_it(run: TrainingResult, folder: Path) -> None:
    measured = run.stored.manifest.precisions["bf16"]
    pixels, labels = validation(run, folder)
    engine = load_engine(run.stored, Settings(engine="openvino", precision="bf16"))
    places = [run.stored.manifest.decision.index(engine.predict(one[np.newaxis])[0]) for one in pixels]
    named = [run.stored.manifest.labels[place] for place in places]
    assert measured.images == len(pixels) > 0
    assert measured.accuracy == np.mean([name == label for name, label in zip(named, labels, strict=True)])
    assert measured.accuracy_f32 == run.evaluations["validation"].metrics.accuracy.value


def test_the_new_version_is_the_old_one_with_a_variant(run: TrainingResult, quantised: StoredVersion) -> None:
    old, new = run.stored.manifest, quantised.manifest
    added = {"int8/model.xml", "int8/model.bin", "int8/golden.npz"}
    assert new.files == old.files | {name: new.files[name] for name in added}
    assert new.settings == old.settings | {"int8.from_version": 1, "int8.method": "plain", "int8.seed": 0}
    assert new.metrics == old.metrics
    assert new.precisions["int8"].keeps_accuracy


def test_the_variant_is_served_when_it_is_asked_for_and_by_auto(
    run: TrainingResult, quantised: StoredVersion, folder: Path
) -> None:
    assert choose_precision(quantised.manifest) == "int8"
    engine = load_engine(quantised, Settings(engine="openvino", precision="int8"))
    pixels, labels = validation(run, folder)
    answers = np.concatenate([engine.predict(one[np.newaxis]) for one in pixels])
    measured = quantised.manifest.precisions["int8"]
    called = [quantised.manifest.labels[quantised.manifest.decision.index(row)] for row in answers]
    assert measured.accuracy == np.mean([name == label for name, label in zip(called, labels, strict=True)])
    f32 = load_engine(quantised, Settings(engine="openvino"))
    exact = np.concatenate([f32.predict(one[np.newaxis]) for one in pixels])
    assert measured.largest_difference == pytest.approx(np.abs(answers - exact).max(), abs=1e-3)
    assert measured.largest_difference > 0


def test_its_weights_are_integers(quantised: StoredVersion) -> None:
    model = openvino.Core().read_model(quantised.directory / "int8" / "model.xml")
    types = [node.get_output_element_type(0).get_type_name() for node in model.get_ops()]
    assert types.count("i8") > 30


def test_where_nothing_keeps_the_margins_nothing_is_published(
    run: TrainingResult, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    refuse_everything(monkeypatch)
    home = run.stored.directory.parent
    before = sorted(path.name for path in home.iterdir())
    with pytest.raises(QuantizationRefused, match="No int8 variant stays within") as caught:
        publish(run, folder)
    assert set(caught.value.attempts) == {"plain", "accuracy-aware"}
    assert "validation images predicted the same" in str(caught.value)
    assert sorted(path.name for path in home.iterdir()) == before


def test_where_the_plain_way_loses_too_much_the_other_is_taken(
    run: TrainingResult, folder: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def spoilt(read: Callable[[], Any], calibration: object, held_out: object) -> Any:  # noqa: ANN401  an untyped class
        del calibration, held_out
        model = read()
        result = model.get_results()[0]
        swapped = openvino.opset13.subtract(np.float32(1), result.input_value(0))
        result.input(0).replace_source_output(swapped.output(0))
        return model

    monkeypatch.setitem(quantization._METHODS, "plain", spoilt)
    store = ModelStore(tmp_path / "models")
    shutil.copytree(run.stored.directory.parent, tmp_path / "models" / "colours")
    _, variants = publish_quantized(store, store.open("colours"), folder, 0, SILENT)
    assert variants.method == "accuracy-aware"
    assert variants.measured["int8"].keeps_accuracy


def test_training_makes_the_variant_or_says_why_not(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = training.train(config_for(folder, tmp_path, quantize=True))
    assert made.stored.manifest.precisions["int8"].keeps_accuracy
    assert load_engine(made.stored, Settings(engine="openvino", precision="auto")).precision == "int8"
    refuse_everything(monkeypatch)
    refused = training.train(config_for(folder, tmp_path, quantize=True, seed=1))
    assert "int8" not in refused.stored.manifest.precisions
    assert "No int8 variant stays within" in str(refused.outcome.refused)
    assert not (refused.stored.directory / "int8").exists()
    assert "No int8 variant" in (refused.stored.directory / "training/README.md").read_text()


@pytest.mark.parametrize("change", ["removed", "changed"])
def test_a_folder_without_the_versions_own_validation_images_is_refused(
    run: TrainingResult, folder: Path, tmp_path: Path, change: str
) -> None:
    data = shutil.copytree(folder, tmp_path / "data")
    path = data / next(file.path for file in run.audit.files if file.split == "validation")
    path.unlink() if change == "removed" else path.write_bytes(path.read_bytes() + b" ")
    with pytest.raises(ImagesMissing, match="lacks 1 validation image of the version") as caught:
        publish(run, data)
    assert path.name in str(caught.value)


def test_images_may_have_been_renamed(run: TrainingResult, folder: Path, tmp_path: Path) -> None:
    data = shutil.copytree(folder, tmp_path / "data")
    for path in sorted(data.glob("*/*.png")):
        path.rename(path.with_name(f"renamed-{path.name}"))
    store = ModelStore(tmp_path / "models")
    shutil.copytree(run.stored.directory.parent, tmp_path / "models" / "colours")
    published, _ = publish_quantized(store, store.open("colours"), data, 0, SILENT)
    assert published.manifest.version == 2


def test_what_is_not_installed_is_said_before_any_work(
    run: TrainingResult, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(quantization, "find_spec", lambda name: None if name == "nncf" else find_spec(name))
    with pytest.raises(QuantizerMissing, match="needs nncf") as caught:
        training.train(config_for(folder, tmp_path, quantize=True))
    assert "fullcount[quantize]" in str(caught.value.hint)
    assert not (tmp_path / "colours").exists()
    with pytest.raises(QuantizerMissing):
        publish(run, folder)
