"""A client that keeps its answer waiting is late; one that reads, or waits for us, is not."""

import pytest

from app.server.sending import MIN_BYTES_PER_S, CountingTransport, Reader

TIMEOUT_S = 10.0


class Pipe:
    """A transport that keeps what it is given until some of it is taken."""

    def __init__(self) -> None:
        self.kept = 0

    def write(self, data: bytes) -> None:
        self.kept += len(data)

    def get_write_buffer_size(self) -> int:
        return self.kept

    def get_extra_info(self, name: str) -> str:
        return f"the {name} of a pipe"


class Client:
    """A client with a clock: each second it takes some bytes, and is looked at."""

    def __init__(self) -> None:
        self.pipe = Pipe()
        self.transport = CountingTransport(self.pipe)  # type: ignore[arg-type]
        self.reader = Reader(self.transport, TIMEOUT_S)
        self.now = 1000.0

    def send(self, data_bytes: int) -> None:
        self.transport.write(bytes(data_bytes))

    def lasts(self, seconds: int, taking: int = 0) -> bool:
        """Return whether it is never late, taking so many bytes in each second."""
        for _ in range(seconds):
            self.now += 1
            self.pipe.kept = max(0, self.pipe.kept - taking)
            if not self.reader.look(self.now):
                return False
        return True


@pytest.fixture
def client() -> Client:
    return Client()


def test_who_takes_nothing_is_late_after_the_timeout(client: Client) -> None:
    client.send(100)
    assert client.lasts(11)
    assert not client.lasts(1)


def test_who_reads_slowly_is_never_late(client: Client) -> None:
    client.send(1000 * MIN_BYTES_PER_S)
    assert client.lasts(900, taking=MIN_BYTES_PER_S + 1)


def test_who_reads_in_a_trickle_is_late(client: Client) -> None:
    client.send(1000 * MIN_BYTES_PER_S)
    assert not client.lasts(30, taking=1)


def test_a_pause_after_much_was_read_is_no_longer_than_another(client: Client) -> None:
    client.send(1000 * MIN_BYTES_PER_S)
    assert client.lasts(5, taking=100 * MIN_BYTES_PER_S)
    assert not client.lasts(12)


def test_time_that_the_service_takes_does_not_count(client: Client) -> None:
    for _ in range(20):  # lines of progress
        client.send(100)
        assert client.lasts(9)
        client.pipe.kept = 0
        assert client.lasts(1000)


def test_more_to_read_is_no_progress(client: Client) -> None:
    client.send(100)
    seconds = 0
    while client.lasts(1):
        client.send(10)
        seconds += 1
    assert seconds == 11


def test_the_rest_of_a_transport_is_there() -> None:
    assert CountingTransport(Pipe()).get_extra_info("peer") == "the peer of a pipe"  # type: ignore[arg-type]
