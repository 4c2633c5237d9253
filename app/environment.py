"""Variables FULLCOUNT_… that nothing reads: most are misspelt, and would be ignored without a word."""

import difflib
import re
from collections.abc import Mapping
from typing import Final

from app.settings import Settings

PREFIX: Final = "FULLCOUNT_"
_OTHER_NAMES: Final = """
    AUGMENT BACKBONE BATCH_SIZE BUDGET CACHE_DIR CACHE_MAX_GB CLASS_WEIGHTS CORRECTIONS DEBUG DROPOUT EPOCHS
    FINE_TUNE_BATCH_SIZE FINE_TUNE_DEPTH FINE_TUNE_EPOCHS FINE_TUNE_LEARNING_RATE FINE_TUNE_PATIENCE GROUP_BY
    IMAGE_SIZE LABELS_FROM LABEL_SMOOTHING LAYOUT LEARNING_RATE MODEL PATIENCE POSITIVE QUANTIZE RESTART SEED STRICT
    TENSORBOARD TEST_FRACTION THRESHOLD URL VAL_FRACTION WEIGHTS WEIGHT_DECAY
"""
OTHER_VARIABLES: Final = frozenset(f"{PREFIX}{name}" for name in _OTHER_NAMES.split())
"""Variables that the commands read beside the settings of the service; a test compares them with the options."""

_SERVICE_LINK: Final = re.compile(
    r"(?:.*_)?(?:SERVICE_HOST|SERVICE_PORT(?:_\w+)?|PORT_\d+_(?:TCP|UDP|SCTP)(?:_(?:PROTO|PORT|ADDR))?)"
)
"""Variables that Kubernetes puts into every container for a Service whose name begins with `fullcount`."""
_LINK_VALUE: Final = re.compile(r"(?:tcp|udp|sctp)://\S+")


def describe_unknown(environment: Mapping[str, str]) -> list[str]:
    """Return a sentence for each variable FULLCOUNT_… that nothing reads, with the nearest name.

    Args:
        environment: Name to value, as in `os.environ`; case does not matter, as for the settings.
    """
    known = OTHER_VARIABLES | {f"{PREFIX}{name.upper()}" for name in Settings.model_fields}
    sentences = []
    for name, value in sorted(environment.items()):
        upper = name.upper()
        if not upper.startswith(PREFIX) or upper in known or _is_service_link(upper, value):
            continue
        (nearest,) = difflib.get_close_matches(upper, sorted(known), n=1, cutoff=0)
        sentences.append(f"{name} is not a setting and is ignored; the nearest name is {nearest}.")
    return sentences


def _is_service_link(name: str, value: str) -> bool:
    if _SERVICE_LINK.fullmatch(name.removeprefix(PREFIX)):
        return True
    return name.endswith("_PORT") and _LINK_VALUE.fullmatch(value) is not None
