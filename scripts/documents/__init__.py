"""The pages that are written from the code and from installed metadata: `python -m scripts.documents` renews them."""
