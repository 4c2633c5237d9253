"""Errors of the commands that ask a server, and of the tables that they write."""

from pathlib import Path

from model_store.errors import FullcountError
from model_store.text import printable


class ServerUnreachable(FullcountError):
    """No service answers at the URL, or the answer is not a Fullcount service's."""

    hint = "Start one with `fullcount serve`, or use --store to work without a server."

    def __init__(self, url: str, detail: str) -> None:
        super().__init__(f"No usable answer from {url}: {detail}.")


class ServerRefused(FullcountError):
    """The service answered with a problem."""

    def __init__(self, title: str, detail: str, *, hint: str | None = None) -> None:
        super().__init__(f"{title}: {detail}", hint=hint)


class ServerBusy(FullcountError):
    """The service answered 503 to every try, or asks for a longer wait than a command makes."""

    def __init__(self, url: str, tries: int, refusal: str, retry_after_s: float) -> None:
        hint = "Wait until the service has less to do, then run the command again."
        if retry_after_s:
            hint = f"The service asks to retry after {retry_after_s:,.0f} s."
        super().__init__(f"{url} is too busy; it was asked {tries} times. {refusal}", hint=hint)


class VersionChanged(FullcountError):
    """Another version answered than for the files before; one table must not mix them."""

    hint = "Name one with --model and --version."

    def __init__(self, model: str, version: int, other_model: str, other_version: int) -> None:
        super().__init__(
            f"{model} {version} answered the first files, and then {other_model} {other_version} began to answer."
        )


class TableIncomplete(FullcountError):
    """Something stopped a table of predictions before its last file."""

    def __init__(self, cause: FullcountError, done: int, total: int, next_path: str, partial: Path | None) -> None:
        if partial is None:
            hint = "With --output FILE the rows so far are kept, and --resume continues after them."
        else:
            hint = f"{partial.name} has the rows so far; the same command with --resume continues after them."
        super().__init__(
            f"{cause} Of {total:,} files, {done:,} have their answer; {printable(next_path)} and those after it have "
            "none.",
            hint=hint if cause.hint is None else f"{cause.hint} {hint}",
        )


class TableBusy(FullcountError):
    """Another process writes the same table."""

    hint = "Wait until it ends, or write to another --output."

    def __init__(self, path: Path) -> None:
        super().__init__(f"Another process writes {path} at this moment.")


class TableNotResumable(FullcountError):
    """A partial table cannot be continued."""

    hint = "Run the command without --resume to start again."

    def __init__(self, path: Path, detail: str) -> None:
        super().__init__(f"{path} cannot be resumed: {detail}.")
