import numpy as np
import pytest
from scipy import special
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import log_loss

from training.learning.head.softmax_regression import Examples, ParallelTrials, Scaling, Trial, drop


def blobs(count: int = 120, seed: int = 0) -> Examples:
    """Draw three labels that overlap, in features of different size."""
    random = np.random.default_rng(seed)
    targets = random.integers(0, 3, count)
    features = random.normal(size=(count, 4)) + np.eye(4)[targets]
    return Examples((features * [1, 2, 3, 0.5] + [0, 5, -30, 1]).astype(np.float32), targets)


def regression(examples: Examples, *trials: Trial, seed: int = 0) -> ParallelTrials:
    random = np.random.default_rng(seed)
    return ParallelTrials(list(trials), Scaling.of(examples.features), 3, random)


def train(
    running: ParallelTrials, examples: Examples, epochs: int, *, batch_size: int = 32, dropout: float = 0.0
) -> None:
    for _ in range(epochs):
        running.train(examples, batch_size, dropout)


def test_trained_to_the_end_it_is_the_logistic_regression_of_scikit_learn() -> None:
    examples = blobs()
    running = regression(examples, Trial(0.03, 0.0))
    train(running, examples, 800, batch_size=120)
    scaled = Scaling.of(examples.features).design(examples.features)[:, :-1]
    reference = LogisticRegression(C=1e6, max_iter=5000).fit(scaled, examples.targets)
    loss = log_loss(examples.targets, reference.predict_proba(scaled))
    assert running.measure(examples).loss[0] == pytest.approx(loss, abs=1e-4)


def test_settings_side_by_side_do_what_each_does_alone() -> None:
    examples = blobs()
    trials = [Trial(1e-3, 0.0), Trial(1e-2, 1.0)]
    together = regression(examples, *trials)
    train(together, examples, 3, dropout=0.2)
    for place, trial in enumerate(trials):
        alone = regression(examples, trial)
        train(alone, examples, 3, dropout=0.2)
        assert np.allclose(together.parameters(place), alone.parameters(0), atol=1e-6)


def test_a_setting_that_goes_on_does_not_notice_that_another_has_stopped() -> None:
    examples = blobs()
    some, alone = regression(examples, Trial(1e-3, 0.0), Trial(1e-2, 0.0)), regression(examples, Trial(1e-2, 0.0))
    train(some, examples, 2)
    some.keep([1])
    train(some, examples, 2)
    train(alone, examples, 4)
    assert np.allclose(some.parameters(0), alone.parameters(0), atol=1e-6)


def test_unscaled_weights_answer_plain_features_as_the_scaled_ones_answer_scaled_features() -> None:
    examples = blobs()
    running = regression(examples, Trial(1e-2, 0.1))
    train(running, examples, 5)
    scaling = Scaling.of(examples.features)
    kernel, bias = scaling.unscale(running.parameters(0))
    expected = scaling.design(examples.features) @ running.parameters(0)
    assert np.allclose(examples.features @ kernel + bias, expected, atol=1e-4)


def test_measured_losses_and_accuracies_are_those_of_the_probabilities() -> None:
    examples = blobs()
    running = regression(examples, Trial(1e-2, 0.0))
    train(running, examples, 5)
    kernel, bias = Scaling.of(examples.features).unscale(running.parameters(0))
    probabilities = special.softmax(examples.features.astype(np.float64) @ kernel + bias, axis=1)
    measured = running.measure(examples)
    assert measured.loss[0] == pytest.approx(log_loss(examples.targets, probabilities), abs=1e-5)
    assert measured.accuracy[0] == pytest.approx((probabilities.argmax(axis=1) == examples.targets).mean())


def test_an_example_of_weight_two_counts_as_two() -> None:
    one = blobs(40)
    weights = np.where(one.targets == 0, 2.0, 1.0)
    twice = np.concatenate([np.arange(40), np.flatnonzero(one.targets == 0)])
    weighted = Examples(one.features, one.targets, weights / weights.mean())
    repeated = Examples(one.features[twice], one.targets[twice])
    first, second = regression(one, Trial(1e-2, 0.0)), regression(one, Trial(1e-2, 0.0))
    train(first, weighted, 5, batch_size=100)
    train(second, repeated, 5, batch_size=100)
    assert np.allclose(first.parameters(0), second.parameters(0), atol=1e-5)
    assert first.measure(weighted).loss[0] == pytest.approx(second.measure(repeated).loss[0], abs=1e-6)


def test_every_example_is_seen_the_last_and_smaller_batch_included() -> None:
    examples = blobs(33)
    running = regression(examples, Trial(0.0, 0.0))
    measured = running.train(examples, 16, 0.0)
    assert measured.accuracy[0] * 33 == pytest.approx((examples.targets == 0).sum())  # the first of equals is predicted
    assert measured.loss[0] == pytest.approx(np.log(3), abs=1e-6)


def test_the_same_random_state_gives_the_same_weights_and_another_gives_others() -> None:
    examples = blobs()
    runs = [regression(examples, Trial(1e-2, 0.0), seed=seed) for seed in (1, 1, 2)]
    for running in runs:
        train(running, examples, 2, dropout=0.5)
    first, again, other = (running.parameters(0) for running in runs)
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)


def test_weight_decay_makes_weights_smaller() -> None:
    examples = blobs()
    running = regression(examples, Trial(1e-2, 0.0), Trial(1e-2, 10.0))
    train(running, examples, 40)
    free, decayed = running.parameters(0), running.parameters(1)
    assert np.abs(decayed[:-1]).sum() < 0.5 * np.abs(free[:-1]).sum()


def test_a_bias_does_not_decay() -> None:
    examples = Examples(np.ones((30, 2), np.float32), np.array([0] * 20 + [1] * 8 + [2] * 2))
    running = regression(examples, Trial(0.1, 0.0), Trial(0.1, 1.0))
    train(running, examples, 40)
    assert np.ptp(running.parameters(1)[-1]) > 1
    assert np.array_equal(running.parameters(0), running.parameters(1))


def test_dropout_leaves_the_mean_and_drops_its_share() -> None:
    features = np.ones((100, 1000), np.float32)
    drop(features, 0.2, np.random.default_rng(0))
    assert features.mean() == pytest.approx(1, abs=0.01)
    assert (features == 0).mean() == pytest.approx(0.2, abs=0.01)


def test_a_feature_that_never_varies_is_no_number_of_trouble() -> None:
    features = np.random.default_rng(0).normal(size=(20, 3)).astype(np.float32)
    features[:, 1] = 7
    scaling = Scaling.of(features)
    assert np.isfinite(scaling.design(features)).all()
    assert np.array_equal(scaling.design(features)[:, 1], np.zeros(20))
    assert np.isfinite(Scaling.of(np.ones((4, 3), np.float32)).design(np.ones((4, 3), np.float32))).all()


def test_means_and_spreads_are_numpys_whatever_the_size() -> None:
    features = np.random.default_rng(0).normal(50, [1, 2, 3], (9001, 3)).astype(np.float32)
    scaling = Scaling.of(features)
    variance = features.astype(np.float64).var(axis=0)
    assert np.allclose(scaling.mean, features.astype(np.float64).mean(axis=0))
    assert np.allclose(scaling.scale, np.sqrt(variance + 0.1 * variance.mean()), rtol=1e-5)
