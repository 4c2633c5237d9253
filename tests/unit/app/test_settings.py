"""Settings: read from the environment, bounded, documented."""

from pathlib import Path

import pytest
from pydantic import ValidationError

from app.settings import Settings, cores
from model_store.images.pixels import MAX_IMAGE_PIXELS, InputSpec


def test_every_setting_can_come_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FULLCOUNT_STORE", "/srv/models")
    monkeypatch.setenv("FULLCOUNT_MAX_QUEUE", "7")
    monkeypatch.setenv("FULLCOUNT_BODY_TIMEOUT_S", "0.5")
    settings = Settings()
    assert (settings.store, settings.max_queue, settings.body_timeout_s) == (Path("/srv/models"), 7, 0.5)


def test_an_empty_variable_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("SPOOL_DIR", "EVALUATIONS_DIR", "VERSION", "HOST"):
        monkeypatch.setenv(f"FULLCOUNT_{name}", "")
    settings = Settings()
    assert (settings.spool_dir, settings.evaluations_dir, settings.version) == (None, None, None)
    assert settings.host == "127.0.0.1"


def test_an_argument_wins_over_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FULLCOUNT_PORT", "1234")
    assert Settings(port=4321).port == 4321


@pytest.mark.parametrize(("text", "models"), [("a,b", ("a", "b")), (" a , ,b, ", ("a", "b")), ("", ())])
def test_models_are_separated_by_commas(monkeypatch: pytest.MonkeyPatch, text: str, models: tuple[str, ...]) -> None:
    monkeypatch.setenv("FULLCOUNT_MODELS", text)
    assert Settings().models == models


@pytest.mark.parametrize("value", ["tcp://10.0.0.1:8000", "udp://10.96.0.12:53", "tcp://[fd00::1]:80", "sctp://x:1"])
def test_a_service_link_of_kubernetes_is_not_a_port(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    monkeypatch.setenv("FULLCOUNT_PORT", value)
    assert Settings().port == 8000
    assert Settings(port=9000).port == 9000


@pytest.mark.parametrize("value", ["abc", "8000/tcp", "http://10.0.0.1:8000", "tcp://", "tcp:8000", "-1", "80 80"])
def test_another_text_is_still_an_impossible_port(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    monkeypatch.setenv("FULLCOUNT_PORT", value)
    with pytest.raises(ValidationError, match="port"):
        Settings()


@pytest.mark.parametrize(
    ("text", "path"),
    [("/vision", "/vision"), ("/vision/", "/vision"), ("/", ""), ("", ""), ("/a/b-c/v1.2", "/a/b-c/v1.2")],
)
def test_a_root_path_has_no_slash_at_its_end(monkeypatch: pytest.MonkeyPatch, text: str, path: str) -> None:
    monkeypatch.setenv("FULLCOUNT_ROOT_PATH", text)
    assert Settings().root_path == path


@pytest.mark.parametrize(
    ("text", "origins"),
    [
        ("https://shop.example", ("https://shop.example",)),
        ("https://Shop.example/, http://localhost:3000", ("https://shop.example", "http://localhost:3000")),
        ("https://a.example:443,http://b.example:80/", ("https://a.example", "http://b.example")),
        ("http://[::1]:8080", ("http://[::1]:8080",)),
        ("capacitor://localhost,null", ("capacitor://localhost", "null")),
        ("*", ("*",)),
        ("", ()),
    ],
)
def test_origins_are_those_that_browsers_send(
    monkeypatch: pytest.MonkeyPatch, text: str, origins: tuple[str, ...]
) -> None:
    monkeypatch.setenv("FULLCOUNT_CORS_ORIGINS", text)
    assert Settings().cors_origins == origins
    for name, value in Settings().environment().items():  # as another process reads them
        monkeypatch.setenv(name, value)
    assert Settings().cors_origins == origins


def test_extra_formats_are_added_to_those_of_the_model(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FULLCOUNT_EXTRA_FORMATS", "AVIF,PNG")
    spec = InputSpec(height=8, width=9, formats=("JPEG", "PNG"), background=(1, 2, 3))
    extended = Settings().input_of(spec)
    assert extended.formats == ("JPEG", "PNG", "AVIF")
    assert extended.model_dump(exclude={"formats"}) == spec.model_dump(exclude={"formats"})


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("port", 65_536),
        ("version", 0),
        ("max_queue", 0),
        ("max_batch_size", 1025),
        ("max_image_pixels", MAX_IMAGE_PIXELS + 1),
        ("max_compression_ratio", 0.9),
        ("body_timeout_s", 0),
        ("device", "gpu:x"),
        ("device", "cpu\n"),
        ("engine", "abacus"),
        ("log_level", "loud"),
        ("extra_formats", "HEIC"),
        ("root_path", "vision"),
        ("root_path", "https://example.org/vision"),
        ("root_path", "/a//b"),
        ("root_path", "/a/../b"),
        ("root_path", "/a b"),
        ("root_path", "/a?b"),
        ("cors_origins", "shop.example"),
        ("cors_origins", "https://"),
        ("cors_origins", "https://shop.example/cart"),
        ("cors_origins", "https://*.shop.example"),
    ],
)
def test_an_impossible_value_is_refused(name: str, value: object) -> None:
    with pytest.raises(ValidationError, match=name):
        Settings.model_validate({name: value})


@pytest.mark.parametrize("device", ["auto", "cpu", "gpu", "gpu:0", "gpu:12"])
def test_devices_have_these_names(device: str) -> None:
    assert Settings(device=device).device == device


def test_settings_do_not_change() -> None:
    with pytest.raises(ValidationError, match="frozen"):
        Settings().port = 1  # type: ignore[misc]


def test_every_setting_is_described() -> None:
    assert [name for name, field in Settings.model_fields.items() if not field.description] == []


def test_uploads_wait_where_the_setting_says(tmp_path: Path) -> None:
    assert Settings(spool_dir=tmp_path).spool_directory() == tmp_path
    assert Settings().spool_directory().is_dir()


def test_the_limits_of_an_archive_are_those_of_the_settings() -> None:
    limits = Settings(max_archive_entries=3, max_image_bytes=4, max_compression_ratio=5).set_limits()
    assert (limits.max_entries, limits.max_image_bytes, limits.max_compression_ratio) == (3, 4, 5)


def test_there_is_at_least_one_core() -> None:
    assert cores() >= 1
