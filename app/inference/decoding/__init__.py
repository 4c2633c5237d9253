"""Decoding in processes of their own, with limits on memory and processor time, for pictures that may be costly."""
