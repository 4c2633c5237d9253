"""Fitting the head, the backbone, the temperature and the threshold."""
