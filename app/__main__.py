"""`python -m app`: the service, as `fullcount serve`."""

from app.commands.serve import serve
from model_store.commands.main import run

if __name__ == "__main__":
    run(serve, prog_name="python -m app")
