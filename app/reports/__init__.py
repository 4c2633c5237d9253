"""Reports of labelled sets: evaluating, storing, comparing and rendering them. Nothing here knows HTTP."""
