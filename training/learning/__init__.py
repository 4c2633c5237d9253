"""What is fitted: the head, the backbone, the temperature, the threshold."""
