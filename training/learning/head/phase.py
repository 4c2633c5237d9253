"""Phase one as a step of the recipe: features once, the views that keep a label, the head, a snapshot."""

import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Final

import keras
import numpy as np
import numpy.typing as npt
import tensorflow as tf

from model_store.labelled_sets.layout import Split
from training.curves.history import Epoch, History
from training.learning.features import INFERENCE_BATCH, as_function, run_in_batches
from training.learning.head.fitting import FittedHead, build_head, fit_head
from training.learning.head.softmax_regression import Examples
from training.learning.phase_summary import PhaseSummary
from training.learning.variation.views import IDENTITY, VIEWS, View, ViewChoice, asked_images, choose_views, few_views
from training.learning.workbench import Workbench
from training.run_state import Snapshot

STEP: Final = "head"
MAX_VIEWS: Final = 4
MAX_ROWS: Final = 40_000
"""Of features, all views together: 200 MB of 1280 features each, twice while they are put together."""
VIEWS_SHARE: Final = 0.25
"""Of a budget, what the features of further views may take."""


Function = Callable[[tf.Tensor], tf.Tensor]
"""uint8 pixels → float32 features."""


@dataclass(frozen=True)
class PhaseOne:
    """The head and what was learnt on the way to it.

    Attributes:
        head: Features → logits.
        logits: Of the validation images, float32 `(n, labels)`.
        views: Symmetries that keep a label.
        augmentation: Why these, a sentence each.
        image_s: Seconds that the features of one image took.
    """

    head: keras.Model
    logits: npt.NDArray[np.float32]
    history: History
    summary: PhaseSummary
    views: tuple[View, ...]
    augmentation: tuple[str, ...]
    image_s: float


def train_head_phase(bench: Workbench) -> PhaseOne:
    """Train the head on features that are computed once, or take it from the snapshot."""
    snapshot = bench.state.load(STEP)
    one = _train_head(bench) if snapshot is None else _restored(bench, snapshot)
    if snapshot is None:
        bench.state.save(STEP, _snapshot(bench, one))
    return one


def _train_head(bench: Workbench) -> PhaseOne:
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
    return PhaseOne(
        head=fitted.model,
        logits=np.asarray(fitted.model(validation.features, training=False)),
        history=fitted.history,
        summary=_head_summary(fitted, views, seconds),
        views=choice.allowed,
        augmentation=(choice.note, *(one.sentence for one in choice.evidence)),
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
    """Ask a head that has seen no turned image which turns keep a label."""
    if bench.config.augment == "none":
        return ViewChoice((IDENTITY,), (), "No flips, rotations or other variations: --augment none.")
    targets = validation.targets
    asked = asked_images(len(targets), bench.config.seed)
    head = fit_head(train, validation, len(bench.dataset.labels), bench.config.head, bench.progress).model
    rows = bench.dataset.rows("validation")[asked]

    def score(view: View) -> npt.NDArray[np.bool_]:
        if view == IDENTITY:
            features = validation.features[asked]
        else:
            bar = (bench.progress, f"Trying views of validation images ({view.name})")
            features = run_in_batches(
                frozen, bench.dataset.pixels, rows, batch_size=INFERENCE_BATCH, bar=bar, view=view
            )
        called = np.asarray(head(features, training=False)).argmax(axis=1)
        return np.asarray(called == targets[asked])

    return choose_views(score, targets[asked])


def _affordable_views(bench: Workbench, view_s: float) -> int:
    """Return how many views more than the identity there is memory and, within the budget, time for."""
    affordable = min(MAX_VIEWS, MAX_ROWS // len(bench.dataset.used["train"])) - 1
    if bench.clock.budget_s is not None:
        affordable = min(affordable, int(VIEWS_SHARE * bench.clock.budget_s / max(view_s, 1e-9)))
    return max(0, affordable)


def _snapshot(bench: Workbench, one: PhaseOne) -> Snapshot:
    facts = {
        "history": [asdict(row) for row in one.history],
        "summary": asdict(one.summary),
        "views": [view.name for view in one.views],
        "augmentation": one.augmentation,
        "image_s": one.image_s,
        "elapsed_s": bench.clock.elapsed_s,
    }
    return Snapshot(facts, {"head": one.head.get_weights(), "logits": [one.logits]})


def _restored(bench: Workbench, snapshot: Snapshot) -> PhaseOne:
    facts = snapshot.facts
    features = bench.backbone.model.output_shape[-1]
    head = build_head(features, len(bench.dataset.labels), bench.config.head.dropout)
    head.set_weights(snapshot.arrays["head"])
    summary = PhaseSummary(**facts["summary"])
    bench.clock.spent_s += facts["elapsed_s"]
    bench.seconds["head"] = summary.seconds
    return PhaseOne(
        head=head,
        logits=snapshot.arrays["logits"][0],
        history=tuple(Epoch(**row) for row in facts["history"]),
        summary=summary,
        views=tuple(view for view in VIEWS if view.name in facts["views"]),
        augmentation=tuple(facts["augmentation"]),
        image_s=facts["image_s"],
    )
