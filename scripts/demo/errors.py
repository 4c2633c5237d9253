"""What can go wrong in the demo, beside what the commands it runs say themselves."""

from model_store.errors import FullcountError


class DemoFailed(FullcountError):
    """A step of the demo did not do what it shows."""
