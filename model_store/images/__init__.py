"""Decoding image files to pixels, and recognising pictures by them. Nothing here knows labels or stores."""
