"""The ASGI middleware that every request passes, whatever its route."""
