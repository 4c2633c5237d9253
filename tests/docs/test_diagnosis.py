"""`docs/explanation/diagnosis.md` has the verdicts and the thresholds of the code."""

import re
from pathlib import Path

import pytest

from training.curves import shape as limits
from training.curves.diagnosis import VERDICTS

TEXT = (Path(__file__).parents[2] / "docs/explanation/diagnosis.md").read_text(encoding="utf-8")


def rows(header: str) -> dict[str, str]:
    """Return the rows below a table's header: first cell → the rest."""
    lines = TEXT.split(f"| {header} |")[1].split("\n\n")[0].splitlines()[2:]
    return dict(re.fullmatch(r"\| `([^`]+)` \| (.*) \|", line).groups() for line in lines)  # type: ignore[union-attr,misc]


def test_every_verdict_has_its_meaning() -> None:
    assert rows("verdict | means") == VERDICTS


def test_every_verdict_is_explained_in_the_same_order() -> None:
    assert list(rows("verdict | decided by | why so")) == list(VERDICTS)


@pytest.mark.parametrize(
    ("verdict", "threshold"),
    [
        ("unstable", f"{limits.WILD:.0%}"),
        ("unstable", f"over {limits.WILD_LOSS}"),
        ("impossible-loss", f"above {limits.ABSURD_LOSS:.0f}"),
        ("overfitting", f"{limits.RISE:.0%}"),
        ("plateau-slow", f"{limits.MATERIAL_SHARE:.1%}"),
        ("plateau-slow", f"{limits.SLIGHT_SHARE:.1%}"),
        ("plateau-slow", f"{limits.NOISY:.0%}"),
        ("plateau-converged", f"{limits.MATERIAL_SHARE:.1%}"),
        ("too-small-to-tell", f"±{limits.WIDE:.0%}"),
        ("too-small-to-tell", f"±{limits.NARROW:.1%}"),
    ],
)
def test_a_threshold_is_the_one_in_the_code(verdict: str, threshold: str) -> None:
    as_written = threshold.replace("%", " points") if "±" in threshold else threshold
    assert as_written in rows("verdict | decided by | why so")[verdict]
