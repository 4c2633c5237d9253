"""The store on disk: its layout, and writing, reading and verifying its files. Nothing here computes figures."""
