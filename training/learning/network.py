"""Joins a backbone and a head into one network."""

import keras


def logits_model(backbone: keras.Model, head: keras.Model) -> keras.Model:
    """Put backbone and head into one model, which shares their weights.

    Args:
        backbone: Model of uint8 pixels → features.
        head: Model of features → logits.

    Returns:
        Model of uint8 `pixels` `(n, height, width, 3)` → float32 logits `(n, labels)`.
    """
    pixels = keras.Input(backbone.input_shape[1:], dtype="uint8", name="pixels")
    logits = keras.layers.Activation("linear", dtype="float32", name="float32")(head(backbone(pixels)))
    return keras.Model(pixels, logits, name="logits")
