"""Corrections of labels that somebody looked at, kept in a file of their own: the set itself is never touched."""
