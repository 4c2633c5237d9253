"""Tables that give images their labels, read by what their columns hold and not only by what they are called."""
