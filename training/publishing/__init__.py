"""From a trained network to a version that can be published: the SavedModel and its description."""
