"""`python -m app`: the service, as `fullcount serve`."""

from app.cli import serve
from model_store.command import run

if __name__ == "__main__":
    run(serve, prog_name="python -m app")
