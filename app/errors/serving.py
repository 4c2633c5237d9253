"""Errors about a service that has no time, room or readiness for a request."""

from model_store.errors import FullcountError


class Unavailable(FullcountError):
    """The service cannot answer now.

    Attributes:
        retry_after_s: The number of seconds after which to retry.
    """

    retry_after_s: int = 1


class NotReady(Unavailable):
    """The models are still being loaded, or could not be loaded."""

    def __init__(self, detail: str = "The models are being loaded.") -> None:
        super().__init__(detail)


class Overloaded(Unavailable):
    """As many requests as allowed are already waiting or in progress."""

    hint = "Retry after the seconds in Retry-After, or send fewer requests at once."

    def __init__(self, what: str, limit: int) -> None:
        super().__init__(f"There are already {limit} {what}, which is the limit.")


class Exhausted(Unavailable):
    """The process has exhausted a resource that every request needs."""

    hint = "Retry after the seconds in Retry-After, or give the service more of this resource."

    def __init__(self, what: str) -> None:
        super().__init__(f"The service has no {what} left for this request.")


class MemoryNeverEnough(FullcountError):
    """A request needs more memory than the service may ever take for one.

    Attributes:
        needed_bytes: The bytes that it needs.
        limit_bytes: The most bytes that one request may take.
    """

    hint = "Send less at once, or give the service more memory (FULLCOUNT_MEMORY_MIB)."

    def __init__(self, what: str, needed_bytes: int, limit_bytes: int) -> None:
        needed, limit = needed_bytes / 2**20, limit_bytes / 2**20
        super().__init__(
            f"{what[0].upper()}{what[1:]} takes {needed:.0f} MiB, more than the {limit:.0f} MiB there are."
        )
        self.needed_bytes = needed_bytes
        self.limit_bytes = limit_bytes


class ShuttingDown(Unavailable):
    """The service is shutting down."""

    def __init__(self) -> None:
        super().__init__("The service is shutting down.")


class DeadlineExceeded(FullcountError):
    """The answer took longer than the client or the service allows."""

    hint = "Send fewer requests at once, or allow more time with X-Request-Timeout-Ms."

    def __init__(self, timeout_ms: int) -> None:
        super().__init__(f"There was no answer within {timeout_ms} ms; the request was dropped.")


class SpoolMissing(FullcountError):
    """There is no directory for uploads."""

    hint = "Set FULLCOUNT_SPOOL_DIR to a writable directory, or mount one at /tmp."

    def __init__(self, detail: str) -> None:
        super().__init__(f"There is no directory for uploads: {detail}.")


class SpoolFull(FullcountError):
    """No space is left in the directory for uploads."""

    hint = "Free some space, or set FULLCOUNT_SPOOL_DIR to another directory."

    def __init__(self) -> None:
        super().__init__("No space is left for the upload.")
