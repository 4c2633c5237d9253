"""The contract between training and serving.

What a stored model is, how bytes become pixels and how predictions become a report. Both sides import this package;
it imports neither, nor TensorFlow, nor a web framework.
"""
