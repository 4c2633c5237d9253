import numpy as np
import numpy.typing as npt

from training.learning.variation.strength import NOTHING, STRENGTHS, Strength, choose_strength

TARGETS = np.arange(100) % 2
WANTED = Strength(rotation_degrees=8, zoom=0.04, shift=0.04, brightness=16, contrast=0.2)


def right(count: int) -> npt.NDArray[np.bool_]:
    """Predict that many of the images right."""
    return np.arange(100) < count


def fragile(strength: Strength) -> npt.NDArray[np.bool_]:
    """Tolerate a rotation of two degrees and any light."""
    return right(92 if strength.rotation_degrees <= 2 else 70)


def test_what_the_data_does_not_bear_is_made_weaker_until_it_does() -> None:
    choice = choose_strength(WANTED, fragile, TARGETS)
    assert choice.strength == Strength(rotation_degrees=2, zoom=0.01, shift=0.01, brightness=16, contrast=0.2)
    assert "70.0% at 100%, 70.0% at 50%, 92.0% at 25%: used at 25%." in choice.sentences[0]


def test_what_is_never_borne_is_left_out() -> None:
    choice = choose_strength(WANTED, lambda strength: right(92 if strength == NOTHING else 60), TARGETS)
    assert choice.strength == NOTHING
    assert all(sentence.endswith("not used.") for sentence in choice.sentences)


def test_what_makes_no_difference_is_used_in_full() -> None:
    choice = choose_strength(WANTED, lambda _: right(92), TARGETS)
    assert choice.strength == WANTED


def test_harm_to_one_label_alone_counts() -> None:
    def one_label(strength: Strength) -> npt.NDArray[np.bool_]:
        return right(96) if strength == NOTHING else right(96) & ~((TARGETS == 1) & (np.arange(100) < 20))

    assert choose_strength(WANTED, one_label, TARGETS).strength == NOTHING


def test_too_few_images_allow_nothing_and_that_is_said() -> None:
    choice = choose_strength(WANTED, lambda _: right(100)[:20], TARGETS[:20])
    assert choice.strength == NOTHING
    assert choice.sentences == ("No other variation: 20 validation images are too few to test it.",)


def test_nothing_wanted_asks_nobody() -> None:
    def nobody(_: Strength) -> npt.NDArray[np.bool_]:
        raise AssertionError

    assert choose_strength(STRENGTHS["none"], nobody, TARGETS).strength == NOTHING
