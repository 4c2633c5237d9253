"""The errors of `make release`, apart from those that the programs it runs print themselves."""

from model_store.errors import FullcountError


class ReleaseRefused(FullcountError):
    """Something must be mended before this tree can be released."""
