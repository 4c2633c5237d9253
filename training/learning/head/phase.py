"""Phase one as a step of the recipe: compute features once, choose views, fit the head, save a snapshot."""

import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Final

import keras
import numpy as np
import numpy.typing as npt
import tensorflow as tf

from model_store.labelled_sets.recognition.folder_names import Split
from training.curves.history import Epoch, History
from training.learning.features import INFERENCE_BATCH, as_function, run_in_batches
from training.learning.head.fitting import FittedHead, build_head, fit_head
from training.learning.head.softmax_regression import Examples
from training.learning.phase_summary import PhaseSummary
from training.learning.variation.views import IDENTITY, VIEWS, View, ViewChoice, choose_views, few_views, sample_images
from training.learning.workbench import Workbench
from training.run_state import Snapshot

STEP: Final = "head"
MAX_VIEWS: Final = 4
MAX_ROWS: Final = 40_000
"""Rows of features of all views: 200 MB at 1280 features each, and twice that while they are joined."""
VIEWS_SHARE: Final = 0.25
"""Share of a budget that the features of further views may take."""

Function = Callable[[tf.Tensor], tf.Tensor]
"""A function of uint8 pixels → float32 features."""


@dataclass(frozen=True)
class HeadPhase:
    """The result of phase one.

    Attributes:
        head: Model of features → logits.
        logits: Logits of the validation images, float32 `(n, labels)`.
        history: One row per epoch.
        summary: Summary of the phase.
        views: Symmetries that keep a label.
        augmentation: Reasons for the choice of views, one sentence each.
        image_s: Seconds that the features of one image took.
    """

    head: keras.Model
    logits: npt.NDArray[np.float32]
    history: History
    summary: PhaseSummary
    views: tuple[View, ...]
    augmentation: tuple[str, ...]
    image_s: float


def train_head_phase(bench: Workbench) -> HeadPhase:
    """Train the head on features that are computed once, or restore it from the snapshot."""
    snapshot = bench.state.load(STEP)
    if snapshot is not None:
        return _restored(bench, snapshot)
    head_phase = _train_head(bench)
    bench.state.save(STEP, _snapshot(bench, head_phase))
    return head_phase


def _train_head(bench: Workbench) -> HeadPhase:
    start = time.monotonic()
    frozen = as_function(bench.backbone.model)
    train, validation = _examples(bench, frozen, "train"), _examples(bench, frozen, "validation")
    image_s = (time.monotonic() - start) / (len(train.targets) + len(validation.targets))
    choice = _choose_views(bench, frozen, train, validation)
    views = few_views(choice.allowed, 1 + _affordable_views(bench, image_s * len(train.targets)))
    further = [_features(bench, frozen, "train", view) for view in views if view != IDENTITY]
    weights = (
        None if bench.config.class_weights == "none" else np.tile(bench.label_weights()[train.targets], len(views))
    )
    examples = Examples(np.concatenate([train.features, *further]), np.tile(train.targets, len(views)), weights)
    fitted = fit_head(examples, validation, len(bench.dataset.labels), bench.config.head, bench.progress)
    seconds = time.monotonic() - start
    bench.seconds["head"] = seconds
    return HeadPhase(
        head=fitted.model,
        logits=np.asarray(fitted.model(validation.features, training=False)),
        history=fitted.history,
        summary=_head_summary(fitted, views, seconds),
        views=choice.allowed,
        augmentation=(choice.note, *(evidence.sentence for evidence in choice.evidence)),
        image_s=image_s,
    )


def _head_summary(fitted: FittedHead, views: tuple[View, ...], seconds: float) -> PhaseSummary:
    return PhaseSummary(
        "head",
        epochs=len(fitted.history),
        best=fitted.history[fitted.best].number,
        seconds=seconds,
        is_kept=True,
        note=f"a head on features of {len(views)} view{'s' if len(views) > 1 else ''} of each training image",
        trainable=fitted.model.count_params(),
        settings={
            "learning_rate": fitted.learning_rate,
            "weight_decay": fitted.weight_decay,
            "settings_tried": len(fitted.trials),
            "views": ", ".join(view.name for view in views),
        },
    )


def _features(bench: Workbench, frozen: Function, split: Split, view: View) -> npt.NDArray[np.float32]:
    return run_in_batches(
        frozen,
        bench.dataset.pixels,
        bench.dataset.rows(split),
        batch_size=INFERENCE_BATCH,
        bar=(bench.progress, f"Computing features of {split} images ({view.name})"),
        view=view,
    )


def _examples(bench: Workbench, frozen: Function, split: Split) -> Examples:
    return Examples(_features(bench, frozen, split, IDENTITY), bench.dataset.targets(split))


def _choose_views(bench: Workbench, frozen: Function, train: Examples, validation: Examples) -> ViewChoice:
    """Test with a head that has not seen turned images which views keep a label."""
    if bench.config.augment == "none":
        return ViewChoice((IDENTITY,), (), "No flips, rotations or other variations: --augment none.")
    targets = validation.targets
    sample = sample_images(len(targets), bench.config.seed)
    head = fit_head(train, validation, len(bench.dataset.labels), bench.config.head, bench.progress).model
    rows = bench.dataset.rows("validation")[sample]

    def score(view: View) -> npt.NDArray[np.bool_]:
        if view == IDENTITY:
            features = validation.features[sample]
        else:
            bar = (bench.progress, f"Trying views of validation images ({view.name})")
            features = run_in_batches(
                frozen, bench.dataset.pixels, rows, batch_size=INFERENCE_BATCH, bar=bar, view=view
            )
        predicted = np.asarray(head(features, training=False)).argmax(axis=1)
        return np.asarray(predicted == targets[sample])

    return choose_views(score, targets[sample])


def _affordable_views(bench: Workbench, view_s: float) -> int:
    """Return the number of views besides the identity for which memory and the budget leave room."""
    affordable = min(MAX_VIEWS, MAX_ROWS // len(bench.dataset.used["train"])) - 1
    if bench.clock.budget_s is not None:
        affordable = min(affordable, int(VIEWS_SHARE * bench.clock.budget_s / max(view_s, 1e-9)))
    return max(0, affordable)


def _snapshot(bench: Workbench, head_phase: HeadPhase) -> Snapshot:
    facts = {
        "history": [asdict(row) for row in head_phase.history],
        "summary": asdict(head_phase.summary),
        "views": [view.name for view in head_phase.views],
        "augmentation": head_phase.augmentation,
        "image_s": head_phase.image_s,
        "elapsed_s": bench.clock.elapsed_s,
    }
    return Snapshot(facts, {"head": head_phase.head.get_weights(), "logits": [head_phase.logits]})


def _restored(bench: Workbench, snapshot: Snapshot) -> HeadPhase:
    facts = snapshot.facts
    features = bench.backbone.model.output_shape[-1]
    head = build_head(features, len(bench.dataset.labels), bench.config.head.dropout)
    head.set_weights(snapshot.arrays["head"])
    summary = PhaseSummary(**facts["summary"])
    bench.clock.spent_s += facts["elapsed_s"]
    bench.seconds["head"] = summary.seconds
    return HeadPhase(
        head=head,
        logits=snapshot.arrays["logits"][0],
        history=tuple(Epoch(**row) for row in facts["history"]),
        summary=summary,
        views=tuple(view for view in VIEWS if view.name in facts["views"]),
        augmentation=tuple(facts["augmentation"]),
        image_s=facts["image_s"],
    )
