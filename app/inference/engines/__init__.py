"""Engines: loaded versions on a device. In the service, only this package imports TensorFlow or OpenVINO."""
