"""Any history gets an answer, whatever is in it."""

from hypothesis import given
from hypothesis import strategies as st

from training.curves.diagnosis import VERDICTS, Facts, diagnose
from training.curves.history import Epoch, History

numbers = st.floats(width=32) | st.floats(0, 1)
shares = st.none() | st.floats(0, 1) | st.integers(0, 12).map(lambda right: right / 12)
phases = st.sampled_from(("head", "fine-tune", None))
rows = st.tuples(numbers, st.none() | numbers, shares, shares, phases, st.none() | st.floats(0, 1))
facts = st.builds(
    Facts,
    train_images=st.none() | st.integers(1, 10**6),
    validation_images=st.none() | st.integers(1, 10**6),
    labels=st.none() | st.integers(1, 1000),
    majority_share=shares,
    predicted_share=shares,
    stopped_early=st.none() | st.booleans(),
    head_stopped_early=st.none() | st.booleans(),
    kept=st.sampled_from(("head", "fine-tune", None)),
)


@st.composite
def histories(draw: st.DrawFn) -> History:
    return tuple(Epoch(number, *row) for number, row in enumerate(draw(st.lists(rows, min_size=1, max_size=40))))


@given(histories(), facts)
def test_every_history_gets_an_answer_with_evidence_and_advice(history: History, known: Facts) -> None:
    diagnosis = diagnose(history, known)
    assert diagnosis == diagnose(history, known)
    for finding in diagnosis.findings:
        assert finding.verdict in VERDICTS
        assert finding.evidence
        assert finding.sentence.endswith(".")
        assert finding.advice.endswith(".")
        assert finding.epoch is None or 1 <= finding.epoch <= len(history)
