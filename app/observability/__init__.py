"""What the service tells about itself while it runs. Nothing here changes what it does."""
