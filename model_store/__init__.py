"""The contract between training and serving.

It defines what a stored model is, how bytes become pixels and how predictions become a report. Both sides import this
package; it imports neither of them, nor TensorFlow, nor a web framework.
"""
