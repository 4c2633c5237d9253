import pytest

from model_store.text import counted, percent, points
from training.report.wording import duration, labels_in_words, setting


@pytest.mark.parametrize(
    ("share", "text"),
    [(0.848, "84.8%"), (1.0, "100.0%"), (0.0, "0.0%"), (0.9999, "99.99%"), (0.0004, "0.04%"), (None, "not defined")],
)
def test_a_share_is_all_or_nothing_only_if_it_is(share: float | None, text: str) -> None:
    assert percent(share) == text


@pytest.mark.parametrize(("images", "text"), [(158, "0.63"), (3, "33.3"), (17, "5.9"), (12_000, "0.0083")])
def test_one_image_is_so_many_points(images: int, text: str) -> None:
    assert points(images) == text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0.84, "0.8 s"),
        (9.99, "10 s"),
        (59.6, "1 min 00 s"),
        (83, "1 min 23 s"),
        (3599.9, "1 h 00 min"),
        (7500, "2 h 05 min"),
    ],
)
def test_a_time_reads_as_a_person_says_it(seconds: float, text: str) -> None:
    assert duration(seconds) == text


def test_one_is_no_plural() -> None:
    assert (counted(1, "image"), counted(0, "image"), counted(2624, "image")) == ("1 image", "0 images", "2,624 images")


def test_many_labels_are_counted_and_not_listed() -> None:
    assert labels_in_words([str(number) for number in range(100)]).endswith("11 and 88 more")
    assert labels_in_words(["a", "b"]) == "a, b"


@pytest.mark.parametrize(
    ("value", "text"), [(None, "not set"), (True, "yes"), (1e-4, "0.0001"), (32, "32"), ("a\nb", r"a\nb")]
)
def test_a_setting_reads_without_python(value: str | float | None, text: str) -> None:
    assert setting(value) == text
