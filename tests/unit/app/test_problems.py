"""What the system says, as a problem; the rest is reached over HTTP in tests/api/test_problems.py."""

import errno

import pytest

from app.problems import problem_of


@pytest.mark.parametrize(
    ("error", "name", "status"),
    [
        (MemoryError(), "overloaded", 503),
        (OSError(errno.EMFILE, "too many open files"), "overloaded", 503),
        (OSError(errno.ENFILE, "file table overflow"), "overloaded", 503),
        (OSError(errno.ENOSPC, "no space"), "no-space", 507),
        (OSError(errno.EIO, "a broken disk"), "internal-error", 500),
    ],
)
def test_what_the_system_has_none_left_of_is_said(error: Exception, name: str, status: int) -> None:
    body = problem_of(error)
    assert (body.type, body.status) == (f"/problems/{name}", status)
