"""What knows one image format: its header, what decoding it costs, and what Pillow gets wrong. Imports no policy."""
