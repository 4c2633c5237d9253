"""Telling a lack of memory from damaged data. Pillow and its decoders report both by the same errors, and in many ways.

A decoder that cannot allocate may raise `MemoryError`, or give up like one that meets damaged bytes: libwebp returns
nothing, libtiff an error without a kind. A file is called damaged only if there was memory enough to decode it.
"""

import numpy as np


def is_out_of_memory(error: Exception, memory_bytes: int) -> bool:
    """Tell whether decoding failed for lack of memory.

    Args:
        error: What it failed with. Nothing may hold the memory that it took any more.
        memory_bytes: What decoding takes at most.
    """
    words = str(error).lower()
    if isinstance(error, MemoryError) or "out of memory" in words or "decoder error -9" in words:
        return True
    try:
        np.empty(memory_bytes, np.uint8)  # reserved only: no page of it is touched
    except MemoryError:
        return True
    return False
