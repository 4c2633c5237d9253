"""Any file gives learning curves, or an error in words."""

from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from tests.support.event_files import event, field, record, simple, tensor
from training.curves.history import read_with_notes
from training.errors import HistoryInvalid

words = st.sampled_from(
    (
        "epoch",
        "step",
        "loss",
        "train_loss",
        "val_loss",
        "train_loss_step",
        "accuracy",
        "lr-Adam",
        "Epoch 1/3",
        "0",
        "0.5",
    )
)
cells = (
    words
    | st.floats().map(str)
    | st.integers().map(str)
    | st.sampled_from(("", "NA", "nan", "x", "'", "{", "[", "- loss: 1"))
)
tables = st.lists(st.lists(cells, min_size=1, max_size=5).map(",".join), max_size=8).map("\n".join).map(str.encode)
printed = st.dictionaries(words, st.lists(st.floats() | st.none() | st.text(max_size=3), max_size=4), max_size=4).map(
    lambda columns: repr(columns).encode()
)
values = st.tuples(st.sampled_from((simple, tensor)), words, st.floats(width=32)).map(
    lambda value: value[0](*value[1:])
)
messages = st.binary(max_size=20) | st.tuples(st.integers(0, 2**63), values | st.binary(max_size=9)).map(
    lambda pair: event(*pair)
)
events = st.lists((messages | st.binary(max_size=9).map(lambda data: field(5, data))).map(record), max_size=6).map(
    b"".join
)


@given(st.binary(max_size=60) | tables | printed | events)
def test_any_file_is_read_or_refused_in_words(tmp_path_factory: object, data: bytes) -> None:
    path = Path(tmp_path_factory.getbasetemp()) / "curves"  # type: ignore[attr-defined]
    path.write_bytes(data)
    try:
        history = read_with_notes(path).history
    except HistoryInvalid as refused:
        problem = refused
    else:
        assert [epoch.number for epoch in history] == sorted({epoch.number for epoch in history})
        return
    assert problem.hint
    assert str(problem).endswith(".")
