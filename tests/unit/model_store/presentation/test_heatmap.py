from model_store.evaluation.report import ConfusionMatrix
from model_store.presentation.heatmap import column_sums, heatmap, most_confused

MATRIX = ConfusionMatrix(
    rows=["a", "b", "stranger"], columns=["a", "b", "unreadable"], counts=[[9, 1, 0], [0, 0, 0], [2, 0, 2]]
)


def test_a_row_keeps_its_counts_and_their_sum() -> None:
    rows = heatmap(MATRIX)
    assert [[cell.count for cell in row.cells] for row in rows] == MATRIX.counts
    assert [row.files for row in rows] == [10, 0, 4]
    assert column_sums(MATRIX) == (11, 1, 2)


def test_a_cell_says_whether_it_is_right_wrong_or_unreadable() -> None:
    kinds = [[cell.kind for cell in row.cells] for row in heatmap(MATRIX)]
    assert kinds == [
        ["right", "wrong", "unreadable"],
        ["wrong", "right", "unreadable"],
        ["wrong", "wrong", "unreadable"],
    ]


def test_an_empty_row_has_no_shares() -> None:
    assert [cell.share for cell in heatmap(MATRIX)[1].cells] == [None, None, None]


def test_a_few_per_cent_are_seen_and_none_are_not() -> None:
    first = heatmap(MATRIX)[0]
    assert [cell.shade for cell in first.cells] == [10, 4, 0]


def test_a_label_that_the_model_lacks_is_marked() -> None:
    assert [row.is_known for row in heatmap(MATRIX)] == [True, True, False]


def test_the_most_confused_come_first_and_unreadable_is_no_confusion() -> None:
    pairs = [(one.actual, one.predicted, one.count) for one in most_confused(MATRIX)]
    assert pairs == [("stranger", "a", 2), ("a", "b", 1)]
    assert len(most_confused(MATRIX, most=1)) == 1
