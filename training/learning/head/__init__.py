"""Training the head on features of a frozen backbone."""
