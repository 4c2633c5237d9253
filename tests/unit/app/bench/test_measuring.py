"""What is said follows from the figures."""

from pathlib import Path

import pytest

from app.bench.limits import Limits
from app.bench.measuring import Figures, LoadFigures, Subject, verdict
from app.settings import Settings
from tests.support.fakes import FakeEngine, publish


def said(tmp_path: Path, *, share: float = 0.95, decode: float = 900, name: str = "fake") -> str:
    engine = FakeEngine()
    engine.name = name
    limits = Limits(decode=decode, compute=100, both=90, alone_ms=11)
    load = LoadFigures(rate=share * 90, p50_ms=12, p99_ms=15, refused=0)
    figures = Figures("an engine", limits, {1: load}, {1: share}, start_s=2, peak_mib=300)
    return " ".join(verdict(figures, Subject(engine, publish(tmp_path).manifest, Settings(), [])))


def test_near_the_limit_the_machine_is_what_holds_it_back(tmp_path: Path) -> None:
    text = said(tmp_path)
    assert "The service does 95% of what decoder and engine can do here" in text
    assert "10% of an image's time is decoding, 90% computing" in text
    assert "the machine is the bottleneck" in text


def test_below_it_the_rest_is_named(tmp_path: Path) -> None:
    assert "The rest is HTTP, scheduling" in said(tmp_path, share=0.7)


@pytest.mark.parametrize(("decode", "is_much"), [(900, False), (100, True)])
def test_much_decoding_is_said(tmp_path: Path, decode: float, *, is_much: bool) -> None:
    assert ("smaller pictures" in said(tmp_path, decode=decode)) is is_much


def test_a_faster_engine_is_named_where_there_is_one(tmp_path: Path) -> None:
    assert "OpenVINO is faster" in said(tmp_path, name="tensorflow")
    assert "models quantize" in said(tmp_path / "other", name="openvino")
