"""The real server with the fake engine, for tests that need a process: `python -m tests.support.fake_server`.

Its exit code is the server's, or 3 if anything loaded TensorFlow.
"""

import os
import sys

from app.server.process import run_server
from app.settings import Settings
from tests.support.fakes import FakeEngine, FakeFactory

if __name__ == "__main__":
    engine = FakeEngine(delay_s=float(os.environ.get("FAKE_DELAY_S", "0")))
    worker = [sys.executable, "-m", "tests.support.fake_server"]
    code = run_server(Settings(), make_engine=FakeFactory(engine), worker=worker)
    sys.exit(3 if "tensorflow" in sys.modules else code)
