"""The error of the demo; the commands that it runs report their own."""

from model_store.errors import FullcountError


class DemoFailed(FullcountError):
    """A step of the demo failed or gave an unexpected result."""
