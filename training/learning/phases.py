"""The two phases in a row: a head on frozen features, then fine-tuning where it helps; each with its snapshot.

Whether fine-tuning helped is told by the validation images, on the log loss that each model has with its own best
temperature: an unhelpful one is thrown away, and that is said.
"""

import itertools
from dataclasses import dataclass, replace
from typing import Final

import keras
import numpy as np
import numpy.typing as npt
import tensorflow as tf

from model_store.labelled_sets.layout import Split
from model_store.manifest import Scalar
from training.backbones.catalogue import BACKBONES
from training.backbones.names import NONE
from training.curves.history import History
from training.learning.calibration import fit_temperature
from training.learning.features import INFERENCE_BATCH, as_function, run_in_batches
from training.learning.finetune import STEP as FINE_TUNE
from training.learning.finetune import FineTuned, FineTuning, SplitImages, fine_tune, freeze, leaves
from training.learning.head.fitting import build_head
from training.learning.head.phase import PhaseOne, train_head_phase
from training.learning.network import logits_model
from training.learning.phase_summary import PhaseSummary
from training.learning.variation.augment import Augmenter
from training.learning.variation.strength import NOTHING, STRENGTHS, Strength, StrengthChoice, choose_strength
from training.learning.variation.views import IDENTITY, asked_images
from training.learning.workbench import Workbench

MIN_VALIDATION: Final = 20
"""Validation images below which nobody can tell whether fine-tuning helped."""
MIN_EPOCHS: Final = 2
"""Of fine-tuning, for which a budget must have time, or else there is none."""
STEP_COST: Final = 3.2
"""How many times as long as its features an image takes in fine-tuning: 2.9 was measured (Lite0, batch 16, 2 cores)."""


@dataclass(frozen=True)
class Trained:
    """What came of both phases; the backbone of the workbench has its final weights.

    Attributes:
        head: Features → logits.
        logits: Of the validation images, float32 `(n, labels)`.
        is_stopped_early: Whether the last phase that ran ended because the validation loss no longer fell.
    """

    head: keras.Model
    logits: npt.NDArray[np.float32]
    history: History
    phases: tuple[PhaseSummary, ...]
    augmentation: tuple[str, ...]
    is_stopped_early: bool


def train_phases(bench: Workbench) -> Trained:
    """Train the head, then the backbone where that can help and does."""
    one = train_head_phase(bench)
    bench.interruption.can_finish = True
    why_not = _reason_to_skip(bench, one)
    if why_not is not None:
        skipped = PhaseSummary("fine-tune", 0, None, 0.0, is_kept=False, note=why_not, trainable=0, settings={})
        early = one.summary.epochs < bench.config.head.epochs
        return Trained(one.head, one.logits, one.history, (one.summary, skipped), one.augmentation, early)
    return _fine_tune_phase(bench, one)


def _epoch_s(bench: Workbench, one: PhaseOne) -> float:
    """Guess how long an epoch of fine-tuning takes."""
    used = bench.dataset.used
    return one.image_s * (STEP_COST * len(used["train"]) + len(used["validation"]))


def _reason_to_skip(bench: Workbench, one: PhaseOne) -> str | None:
    """Say why there is no fine-tuning; None where there is, and where it has begun."""
    if bench.state.has(FINE_TUNE):
        return None
    images, wanted = len(bench.dataset.used["validation"]), bench.config.fine_tune.epochs
    if not wanted:
        return "switched off"
    if bench.interruption.is_requested:
        return "the run was asked to finish"
    if images < MIN_VALIDATION:
        return f"{images} validation images cannot tell whether it helps; {MIN_VALIDATION} could"
    fits = bench.clock.epochs_left(wanted, _epoch_s(bench, one), reserve_s=_reserve_s(bench, one))
    if fits < min(MIN_EPOCHS, wanted):
        return f"the budget has no time for it: an epoch takes about {_epoch_s(bench, one):.0f} s"
    return None


def _reserve_s(bench: Workbench, one: PhaseOne) -> float:
    """Guess how long export, scoring and report take."""
    return 15 + one.image_s * (len(bench.dataset.used["test"]) + len(bench.dataset.used["validation"]))


def _fine_tune_phase(bench: Workbench, one: PhaseOne) -> Trained:
    """Fine-tune, and keep it if the validation images say so."""
    head = build_head(bench.backbone.model.output_shape[-1], len(bench.dataset.labels), dropout=0.0)
    head.set_weights(one.head.get_weights())  # dropout of features that are no longer standardised would be noise
    plain = logits_model(bench.backbone.model, head)
    before = plain.get_weights()
    choice = _choose_strength(bench, plain)
    tuned, trainable = _fine_tune(bench, one, plain, choice.strength)
    bench.seconds["fine-tune"] = tuned.seconds
    verdict, logits = (False, "there was no whole epoch"), one.logits
    if tuned.best is not None:
        after = run_in_batches(
            as_function(plain),
            bench.dataset.pixels,
            bench.dataset.rows("validation"),
            batch_size=INFERENCE_BATCH,
            bar=(bench.progress, "Comparing on validation images"),
        )
        verdict = _compare(one.logits, after, bench.dataset.targets("validation"))
        logits = after if verdict[0] else one.logits
    if not verdict[0]:
        plain.set_weights(before)
    history = (*one.history, *tuned.history)
    summary = PhaseSummary(
        "fine-tune",
        epochs=len(tuned.history),
        best=None if tuned.best is None else tuned.history[tuned.best].number,
        seconds=tuned.seconds,
        is_kept=verdict[0],
        note=f"{tuned.note}; {verdict[1]}",
        trainable=trainable,
        settings=_fine_tune_settings(bench),
    )
    first = replace(one.summary, is_kept=not verdict[0])
    return Trained(
        head, logits, history, (first, summary), (*one.augmentation, *choice.sentences), tuned.is_stopped_early
    )


def _compare(
    before: npt.NDArray[np.float32], after: npt.NDArray[np.float32], targets: npt.NDArray[np.int64]
) -> tuple[bool, str]:
    """Tell whether the validation images prefer the fine-tuned model, each with its own best temperature."""
    head, tuned = (fit_temperature(logits, targets).log_loss_after for logits in (before, after))
    losses = f"validation log loss {tuned:.3f}, {head:.3f} without it"
    return (True, f"it helped: {losses}") if tuned < head else (False, f"it did not help and is not used: {losses}")


def _choose_strength(bench: Workbench, plain: keras.Model) -> StrengthChoice:
    """Ask the head on frozen features how much its validation images may be varied."""
    targets = bench.dataset.targets("validation")
    asked = asked_images(len(targets), bench.config.seed)
    function, rows = as_function(plain), bench.dataset.rows("validation")[asked]

    def score(strength: Strength) -> npt.NDArray[np.bool_]:
        augmenter, batch = Augmenter(strength, [IDENTITY]), itertools.count()

        def varied(pixels: tf.Tensor) -> tf.Tensor:
            return function(augmenter(pixels, tf.constant([bench.config.seed, next(batch)], tf.int32)))

        bar = (bench.progress, "Trying variations of validation images")
        logits = run_in_batches(varied, bench.dataset.pixels, rows, batch_size=INFERENCE_BATCH, bar=bar)
        return np.asarray(logits.argmax(axis=1) == targets[asked])

    return choose_strength(STRENGTHS[bench.config.augment], score, targets[asked])


def _fine_tune(bench: Workbench, one: PhaseOne, plain: keras.Model, strength: Strength) -> tuple[FineTuned, int]:
    """Train the model itself, or where precision or devices ask for it a twin whose weights it gets."""
    config = bench.config
    model = _twin(bench, plain)
    trainable = freeze(model, config.fine_tune.depth)
    is_varied = strength != NOTHING or one.views != (IDENTITY,)
    task = FineTuning(
        model=model,
        train=_images(bench, "train"),
        validation=_images(bench, "validation"),
        class_weights=bench.label_weights(),
        augmenter=Augmenter(strength, one.views) if is_varied else None,
        seed=config.seed,
        first_epoch=len(one.history),
        compiles=bench.devices.compiles,
        reserve_s=_reserve_s(bench, one),
    )
    tuned = fine_tune(task, config.fine_tune, bench.state, bench.clock, (bench.interruption, bench.progress))
    if model is not plain:
        plain.set_weights(model.get_weights())
    return tuned, trainable


def _twin(bench: Workbench, plain: keras.Model) -> keras.Model:
    policy = bench.devices.policy(bench.config.precision)
    if policy == "float32" and bench.devices.strategy is None:
        return plain
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy(policy)
    try:
        with bench.devices.scope():
            backbone = BACKBONES[bench.config.backbone].load(NONE, plain.input_shape[1]).model
            head = build_head(backbone.output_shape[-1], len(bench.dataset.labels), dropout=0.0)
            twin = logits_model(backbone, head)
            twin.set_weights(plain.get_weights())
            for layer in leaves(twin):
                if isinstance(layer, keras.layers.Normalization):
                    layer.finalize_state()  # what it computes with follows from its weights only then
    finally:
        keras.config.set_dtype_policy(before)
    return twin


def _images(bench: Workbench, split: Split) -> SplitImages:
    return SplitImages(bench.dataset.pixels, bench.dataset.rows(split), bench.dataset.targets(split))


def _fine_tune_settings(bench: Workbench) -> dict[str, Scalar]:
    settings = bench.config.fine_tune
    return {
        "learning_rate": settings.learning_rate,
        "weight_decay": settings.weight_decay,
        "batch_size": settings.batch_size,
        "label_smoothing": settings.label_smoothing,
        "averaging": settings.averaging,
        "depth": settings.depth,
        "precision": bench.devices.policy(bench.config.precision),
    }
