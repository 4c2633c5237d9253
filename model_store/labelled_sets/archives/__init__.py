"""Labelled sets in archives: zips are read where they are, tars are unpacked for a while."""
