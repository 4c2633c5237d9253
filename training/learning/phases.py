"""Runs the two phases: a head on frozen features, then fine-tuning if it helps, each with a snapshot.

The validation images decide whether fine-tuning helped: each model's log loss is compared at its own best temperature.
A fine-tuned model that does not help is discarded, and the summary of the phase says so.
"""

import itertools
from dataclasses import dataclass, replace
from typing import Final

import keras
import numpy as np
import numpy.typing as npt
import tensorflow as tf

from model_store.labelled_sets.recognition.folder_names import Split
from model_store.manifest import Scalar
from training.backbones.catalogue import BACKBONES
from training.backbones.names import NONE
from training.curves.history import History
from training.learning.calibration import fit_temperature
from training.learning.features import INFERENCE_BATCH, as_function, run_in_batches
from training.learning.finetune import STEP as FINE_TUNE
from training.learning.finetune import FineTuned, FineTuning, SplitImages, fine_tune, freeze, leaves
from training.learning.head.fitting import build_head
from training.learning.head.phase import HeadPhase, train_head_phase
from training.learning.network import logits_model
from training.learning.phase_summary import PhaseSummary
from training.learning.variation.augment import Augmenter
from training.learning.variation.strength import NOTHING, STRENGTHS, Strength, StrengthChoice, choose_strength
from training.learning.variation.views import IDENTITY, sample_images
from training.learning.workbench import Workbench

MIN_VALIDATION: Final = 20
"""Validation images below which the effect of fine-tuning cannot be measured."""
MIN_EPOCHS: Final = 2
"""Epochs for which a budget must leave time, or fine-tuning is skipped."""
STEP_COST: Final = 3.2
"""Time of an image in fine-tuning over the time of its features: 2.9 was measured (Lite0, batch 16, 2 cores)."""


@dataclass(frozen=True)
class Trained:
    """The result of both phases; the backbone of the workbench has its final weights.

    Attributes:
        head: Model of features → logits.
        logits: Logits of the validation images, float32 `(n, labels)`.
        history: One row per epoch of both phases.
        phases: Summaries of the head and of fine-tuning.
        augmentation: Variations that were tried and used, one sentence each.
        is_stopped_early: Whether the last phase that ran ended because the validation loss no longer fell.
    """

    head: keras.Model
    logits: npt.NDArray[np.float32]
    history: History
    phases: tuple[PhaseSummary, ...]
    augmentation: tuple[str, ...]
    is_stopped_early: bool


def train_phases(bench: Workbench) -> Trained:
    """Train the head, then fine-tune the backbone if that can help and does."""
    head_phase = train_head_phase(bench)
    bench.interruption.can_finish = True
    why_not = _reason_to_skip(bench, head_phase)
    if why_not is not None:
        skipped = PhaseSummary("fine-tune", 0, None, 0.0, is_kept=False, note=why_not, trainable=0, settings={})
        return Trained(
            head_phase.head,
            head_phase.logits,
            head_phase.history,
            (head_phase.summary, skipped),
            head_phase.augmentation,
            is_stopped_early=head_phase.summary.epochs < bench.config.head.epochs,
        )
    return _fine_tune_phase(bench, head_phase)


def _epoch_s(bench: Workbench, head_phase: HeadPhase) -> float:
    """Estimate the seconds that an epoch of fine-tuning takes."""
    used = bench.dataset.used
    return head_phase.image_s * (STEP_COST * len(used["train"]) + len(used["validation"]))


def _reason_to_skip(bench: Workbench, head_phase: HeadPhase) -> str | None:
    """Return the reason to skip fine-tuning; None to run it, or to resume it."""
    if bench.state.has(FINE_TUNE):
        return None
    images, planned = len(bench.dataset.used["validation"]), bench.config.fine_tune.epochs
    if not planned:
        return "switched off"
    if bench.interruption.is_requested:
        return "the run was asked to finish"
    if images < MIN_VALIDATION:
        return f"{images} validation images cannot show whether it helps; {MIN_VALIDATION} could"
    fits = bench.clock.epochs_left(planned, _epoch_s(bench, head_phase), reserve_s=_reserve_s(bench, head_phase))
    if fits < min(MIN_EPOCHS, planned):
        return f"the budget leaves no time for it: an epoch takes about {_epoch_s(bench, head_phase):.0f} s"
    return None


def _reserve_s(bench: Workbench, head_phase: HeadPhase) -> float:
    """Estimate the seconds that export, scoring and the report take."""
    return 15 + head_phase.image_s * (len(bench.dataset.used["test"]) + len(bench.dataset.used["validation"]))


def _fine_tune_phase(bench: Workbench, head_phase: HeadPhase) -> Trained:
    """Fine-tune, and keep the result if it helps on the validation images."""
    head = build_head(bench.backbone.model.output_shape[-1], len(bench.dataset.labels), dropout=0.0)
    head.set_weights(head_phase.head.get_weights())  # without dropout: features are no longer standardised
    plain = logits_model(bench.backbone.model, head)
    before = plain.get_weights()
    choice = _choose_strength(bench, plain)
    tuned, trainable = _fine_tune(bench, head_phase, plain, choice.strength)
    bench.seconds["fine-tune"] = tuned.seconds
    verdict, logits = (False, "it did not complete an epoch"), head_phase.logits
    if tuned.best is not None:
        after = run_in_batches(
            as_function(plain),
            bench.dataset.pixels,
            bench.dataset.rows("validation"),
            batch_size=INFERENCE_BATCH,
            bar=(bench.progress, "Comparing on validation images"),
        )
        verdict = _compare(head_phase.logits, after, bench.dataset.targets("validation"))
        logits = after if verdict[0] else head_phase.logits
    if not verdict[0]:
        plain.set_weights(before)
    history = (*head_phase.history, *tuned.history)
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
    first = replace(head_phase.summary, is_kept=not verdict[0])
    return Trained(
        head, logits, history, (first, summary), (*head_phase.augmentation, *choice.sentences), tuned.is_stopped_early
    )


def _compare(
    before: npt.NDArray[np.float32], after: npt.NDArray[np.float32], targets: npt.NDArray[np.int64]
) -> tuple[bool, str]:
    """Tell whether fine-tuning lowers the validation log loss, each model at its own best temperature."""
    head, tuned = (fit_temperature(logits, targets).log_loss_after for logits in (before, after))
    losses = f"validation log loss {tuned:.3f}, {head:.3f} without it"
    return (True, f"it helped: {losses}") if tuned < head else (False, f"it did not help and is not used: {losses}")


def _choose_strength(bench: Workbench, plain: keras.Model) -> StrengthChoice:
    """Test with the head on frozen features how much its validation images may be varied."""
    targets = bench.dataset.targets("validation")
    sample = sample_images(len(targets), bench.config.seed)
    function, rows = as_function(plain), bench.dataset.rows("validation")[sample]

    def score(strength: Strength) -> npt.NDArray[np.bool_]:
        augmenter, batch = Augmenter(strength, [IDENTITY]), itertools.count()

        def varied(pixels: tf.Tensor) -> tf.Tensor:
            return function(augmenter(pixels, tf.constant([bench.config.seed, next(batch)], tf.int32)))

        bar = (bench.progress, "Trying variations of validation images")
        logits = run_in_batches(varied, bench.dataset.pixels, rows, batch_size=INFERENCE_BATCH, bar=bar)
        return np.asarray(logits.argmax(axis=1) == targets[sample])

    return choose_strength(STRENGTHS[bench.config.augment], score, targets[sample])


def _fine_tune(
    bench: Workbench, head_phase: HeadPhase, plain: keras.Model, strength: Strength
) -> tuple[FineTuned, int]:
    """Train the model, or a twin whose weights it then receives if the precision or the devices need one."""
    config = bench.config
    model = _twin(bench, plain)
    trainable = freeze(model, config.fine_tune.depth)
    is_varied = strength != NOTHING or head_phase.views != (IDENTITY,)
    task = FineTuning(
        model=model,
        train=_images(bench, "train"),
        validation=_images(bench, "validation"),
        class_weights=bench.label_weights(),
        augmenter=Augmenter(strength, head_phase.views) if is_varied else None,
        seed=config.seed,
        first_epoch=len(head_phase.history),
        compiles=bench.devices.compiles,
        reserve_s=_reserve_s(bench, head_phase),
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
                    layer.finalize_state()  # sets what it computes with from its weights
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
