"""A store on disk: where files are, how they are written, read and verified. Nothing here computes figures."""
