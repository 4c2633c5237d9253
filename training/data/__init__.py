"""The data set of a training run: its files are listed, decoded once, audited and split."""
