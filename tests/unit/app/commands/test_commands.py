"""The words and exit codes of `fullcount predict` and `fullcount evaluate`, with the fake engine."""

import functools
import json
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result

from app.commands.evaluate import evaluate
from app.commands.predict import predict
from app.errors import RequirementInvalid, ServerUnreachable
from app.local import session
from model_store.errors import ModelNotFound, SetRejected, VersionNotFound
from tests.support.fakes import FakeFactory, grey, publish, unmarked_zip_of, zip_of
from tests.support.images import damaged_jpeg

FILES = {"dark/1.png": grey(5), "dark/2.png": grey(240), "light/3.png": grey(250), "light/4.png": b"\x89PNG\r\n\x1a\n"}

ONE_IN_A_HUNDRED = {f"dark/{number}.png": grey(number) for number in range(99)} | {"dark/hole.jpg": damaged_jpeg()}
NO_SUCH_FILE = {"1.png": grey(5), "labels.csv": b"path,label\n1.png,dark\n2.png,light\n"}


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a store, which the environment names; whatever is loaded from it computes with the fake engine."""
    publish(tmp_path / "store")
    monkeypatch.setenv("FULLCOUNT_STORE", str(tmp_path / "store"))
    monkeypatch.setattr(session, "open_session", functools.partial(session.open_session, make_engine=FakeFactory()))
    return tmp_path / "store"


@pytest.fixture
def images(tmp_path: Path) -> list[str]:
    paths = [tmp_path / "a[b].png", tmp_path / "b.png"]
    for path, level in zip(paths, (10, 200), strict=True):
        path.write_bytes(grey(level))
    return [str(path) for path in paths]


def run(command: click.Command, arguments: Sequence[str]) -> Result:
    """Run a command; an error that is no click error is raised, as `fullcount` itself catches it."""
    result = CliRunner().invoke(command, arguments)
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result


@pytest.mark.usefixtures("store")
def test_predict_prints_one_answer_an_image_as_json(images: list[str]) -> None:
    result = run(predict, [*images, "--format", "json", "--top-k", "1"])
    body = json.loads(result.stdout)
    assert result.exit_code == 0
    assert [(one["filename"], one["label"]) for one in body["results"]] == [(images[0], "dark"), (images[1], "light")]
    assert [len(one["predictions"]) for one in body["results"]] == [1, 1]


@pytest.mark.usefixtures("store")
def test_predict_prints_names_as_they_are_in_a_table(images: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "300")
    result = run(predict, images)
    assert result.exit_code == 0
    assert "a[b].png" in result.stdout
    assert "dark 0.9608, light 0.0392" in result.stdout


@pytest.mark.usefixtures("store")
def test_predict_exits_with_one_where_an_image_could_not_be_read(images: list[str]) -> None:
    Path(images[0]).write_bytes(b"no image")
    result = run(predict, [*images, "--format", "json"])
    assert result.exit_code == 1
    assert [("error" in one) for one in json.loads(result.stdout)["results"]] == [True, False]


@pytest.mark.usefixtures("store")
def test_predict_takes_a_name_that_is_no_utf8(tmp_path: Path) -> None:
    path = tmp_path / os.fsdecode(b"caf\xe9.png")
    path.write_bytes(grey(1))
    result = run(predict, [os.fspath(path), "--format", "json"])
    assert json.loads(result.stdout)["results"][0]["filename"].endswith("caf\\xe9.png")


@pytest.mark.usefixtures("store")
@pytest.mark.parametrize("is_zip", [True, False])
def test_evaluate_counts_every_file_of_a_zip_and_of_a_folder(tmp_path: Path, *, is_zip: bool) -> None:
    data = tmp_path / ("set.zip" if is_zip else "set")
    if is_zip:
        data.write_bytes(zip_of(FILES))
    else:
        for path, content in FILES.items():
            (data / path).parent.mkdir(parents=True, exist_ok=True)
            (data / path).write_bytes(content)
    body = json.loads(run(evaluate, [str(data), "--format", "json"]).stdout)
    assert body["confusion_matrix"]["counts"] == [[1, 1, 0], [0, 1, 1]]
    assert body["archive"]["filename"] == data.name
    assert not body["stored"]


@pytest.mark.usefixtures("store")
def test_evaluate_says_how_the_set_was_read(tmp_path: Path) -> None:
    files = {"Dark/ä.png": grey(1), "light/2.png": grey(250)}
    data = tmp_path / "set.zip"
    data.write_bytes(unmarked_zip_of({path.encode("cp850"): content for path, content in files.items()}))
    lines = run(evaluate, [str(data)]).stdout.splitlines()
    assert lines[0] == "Recognised label folders: 2 labels (dark, light)."
    assert lines[3:5] == [
        "Names that are not marked as UTF-8 were read as cp437.",
        "The folder 'Dark' counts as the label 'dark' (1 file).",
    ]


@pytest.mark.usefixtures("store")
def test_a_folder_with_other_labels_in_its_table_has_another_digest(tmp_path: Path) -> None:
    (tmp_path / "1.png").write_bytes(grey(1))
    digests = []
    for label in ("dark", "light"):
        (tmp_path / "labels.csv").write_text(f"path,label\n1.png,{label}\n")
        body = json.loads(run(evaluate, [str(tmp_path), "--format", "json"]).stdout)
        assert body["interpretation"]["labels_file"]["rows"] == 1
        digests.append(body["archive"]["sha256"])
    assert len(set(digests)) == 2


@pytest.mark.usefixtures("store")
@pytest.mark.parametrize("form", ["json", "table"])
def test_evaluate_writes_to_a_file(tmp_path: Path, form: str) -> None:
    (tmp_path / "set.zip").write_bytes(zip_of(FILES))
    output = tmp_path / "report"
    result = run(evaluate, [str(tmp_path / "set.zip"), "--format", form, "--output", str(output)])
    assert result.stdout == ""
    assert "unreadable" in output.read_text()


@pytest.mark.usefixtures("store")
@pytest.mark.parametrize(
    ("form", "begins"), [("html", b"<!doctype html>"), ("png", b"\x89PNG"), ("csv", b"path,label,predicted,")]
)
def test_evaluate_renders_what_a_server_does_by_format_or_ending(tmp_path: Path, form: str, begins: bytes) -> None:
    (tmp_path / "set.zip").write_bytes(zip_of(FILES))
    output = tmp_path / f"report.{form.upper()}"
    run(evaluate, [str(tmp_path / "set.zip"), "--output", str(output)])
    assert output.read_bytes().startswith(begins)
    shown = run(evaluate, [str(tmp_path / "set.zip"), "--format", form])
    assert shown.stdout_bytes.startswith(begins)


@pytest.mark.usefixtures("store")
@pytest.mark.parametrize("form", ["html", "png"])
def test_a_terminal_is_not_filled_with_a_page_or_a_picture(
    tmp_path: Path, form: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.commands.evaluate._is_terminal", lambda: True)
    (tmp_path / "set.zip").write_bytes(b"no zip")
    refused = run(evaluate, [str(tmp_path / "set.zip"), "--format", form])
    assert refused.exit_code == 2
    assert "write it to a file with --output" in refused.stderr


def test_two_versions_are_compared_in_a_table_and_as_json(store: Path, tmp_path: Path) -> None:
    publish(store, positive="light", threshold=0.01)
    (tmp_path / "set.zip").write_bytes(zip_of(FILES))
    arguments = [str(tmp_path / "set.zip"), "--against", "1"]
    shown = run(evaluate, arguments).stdout
    assert "Version 1 on the same files: accuracy 0.6667" in shown
    assert "They cannot be told apart on these files" in shown
    assert "Predicted differently: 1" in shown
    comparison = json.loads(run(evaluate, [*arguments, "--format", "json"]).stdout)["comparison"]
    assert [one["path"] for one in comparison["flips"]] == ["dark/1.png"]


@pytest.mark.usefixtures("store")
def test_a_version_that_is_not_there_is_not_compared_with(tmp_path: Path) -> None:
    (tmp_path / "set.zip").write_bytes(zip_of(FILES))
    with pytest.raises(VersionNotFound):
        run(evaluate, [str(tmp_path / "set.zip"), "--against", "9"])


@pytest.mark.usefixtures("store")
@pytest.mark.parametrize(
    ("required", "code", "said"),
    [
        (["accuracy=0.1"], 0, ["met: accuracy is 0.6667, its 95% interval begins at 0.2077, not below 0.1."]),
        (["accuracy=0.6"], 1, ["NOT MET: accuracy is 0.6667", "below 0.6: too few files to be certain."]),
        (["accuracy=0.1", "recall[dark]=0.9"], 1, ["met: accuracy", "NOT MET: recall[dark] is 0.5000"]),
        (["accuracy=0.6", "--by", "value"], 0, ["met: accuracy is 0.6667, not below 0.6."]),
    ],
)
def test_a_build_fails_where_a_requirement_is_not_met(
    tmp_path: Path, required: list[str], code: int, said: list[str]
) -> None:
    (tmp_path / "set.zip").write_bytes(zip_of(FILES))
    options = [option for one in required for option in (["--min", one] if "=" in one else [one])]
    options += ["--allow", "unreadable=1"]
    junit = tmp_path / "junit.xml"
    arguments = [str(tmp_path / "set.zip"), "--format", "json", "--junit", str(junit), *options]
    result = run(evaluate, arguments)
    assert result.exit_code == code
    assert all(one in result.stderr for one in said)
    assert json.loads(result.stdout)["accounting"]["scored"] == 3  # the report is there all the same
    assert junit.read_text().count("<failure") == result.stderr.count("NOT MET")


@pytest.mark.parametrize(
    ("options", "error"),
    [
        (["--min", "accuracy"], "write METRIC=NUMBER"),
        (["--min", "log_loss=0.9"], "figures over all files are accuracy"),
    ],
)
def test_what_cannot_be_required_is_said_before_anything_is_evaluated(
    tmp_path: Path, options: list[str], error: str
) -> None:
    (tmp_path / "set.zip").write_bytes(b"no zip")
    with pytest.raises(RequirementInvalid, match=error):
        run(evaluate, [str(tmp_path / "set.zip"), *options])


@pytest.mark.usefixtures("store")
@pytest.mark.parametrize(
    ("files", "allowed", "code", "said"),
    [
        (
            {"dark/1.png": grey(5), "ligth/2.png": grey(250)},
            [],
            1,
            "under 'ligth', no label of the model; is it 'light'?",
        ),
        ({"dark/1.png": grey(5), "ligth/2.png": grey(250)}, ["--allow", "unlabelled=1"], 0, "met: 1 unlabelled file"),
        ({"dark/1.png": grey(5), "dark/2.png": b"bad"}, [], 1, "1 unreadable file"),
        ({"dark/1.png": grey(5), "dark/2.png": b"bad"}, ["--allow", "unreadable=2"], 0, "met: 1 unreadable file"),
        ({"1.png": grey(5), "2.png": grey(9), "labels.csv": b"path,label\n1.png,dark\n"}, [], 1, "named by labels.csv"),
        (ONE_IN_A_HUNDRED, [], 1, "1 damaged file, more than 0. It is dark/hole.jpg."),
        (ONE_IN_A_HUNDRED, ["--allow", "damaged=1"], 0, "met: 1 damaged file, not more than 1."),
        (ONE_IN_A_HUNDRED, ["--allow", "unreadable=1"], 1, "NOT MET: 1 damaged file"),
        (NO_SUCH_FILE, [], 1, "1 missing file, more than 0. labels.csv lists 1 file that does not exist: 2.png."),
        (NO_SUCH_FILE, ["--allow", "missing=1"], 0, "met: 1 missing file, not more than 1."),
    ],
)
def test_files_that_no_figure_is_about_fail_every_gate_unless_they_are_allowed(
    tmp_path: Path, files: dict[str, bytes], allowed: list[str], code: int, said: str
) -> None:
    (tmp_path / "set.zip").write_bytes(zip_of(files))
    arguments = [str(tmp_path / "set.zip"), "--min", "accuracy=0", "--by", "value", "--junit", str(tmp_path / "j.xml")]
    result = run(evaluate, [*arguments, *allowed])
    assert result.exit_code == code
    assert said in result.stderr
    assert ("<failure" in (tmp_path / "j.xml").read_text()) == (code == 1)


def test_an_allowance_needs_requirements(tmp_path: Path) -> None:
    (tmp_path / "set.zip").write_bytes(b"no zip")
    result = run(evaluate, [str(tmp_path / "set.zip"), "--allow", "unreadable=1"])
    assert result.exit_code == 2
    assert "--allow needs --min" in result.stderr


def test_a_file_for_the_build_server_needs_requirements(tmp_path: Path) -> None:
    (tmp_path / "set.zip").write_bytes(b"no zip")
    result = run(evaluate, [str(tmp_path / "set.zip"), "--junit", str(tmp_path / "junit.xml")])
    assert result.exit_code == 2
    assert "--junit needs --min" in result.stderr


@pytest.mark.usefixtures("store")
def test_a_directory_for_the_output_that_is_not_there_is_said_first(tmp_path: Path) -> None:
    (tmp_path / "set.zip").write_bytes(zip_of(FILES))
    result = run(evaluate, [str(tmp_path / "set.zip"), "--output", str(tmp_path / "nowhere" / "report")])
    assert result.exit_code == 2
    assert "There is no writable directory" in result.stderr


@pytest.mark.usefixtures("store")
def test_a_file_that_is_no_zip_is_an_error_of_ours(tmp_path: Path) -> None:
    (tmp_path / "set.zip").write_bytes(b"hello")
    with pytest.raises(SetRejected, match="does not begin or end as a zip"):
        run(evaluate, [str(tmp_path / "set.zip")])


@pytest.mark.usefixtures("store")
def test_a_pipe_in_a_folder_does_not_hang(tmp_path: Path) -> None:
    (tmp_path / "set" / "dark").mkdir(parents=True)
    os.mkfifo(tmp_path / "set" / "dark" / "1.png")
    with pytest.raises(SetRejected, match="special file"):
        run(evaluate, [str(tmp_path / "set")])


@pytest.mark.usefixtures("store")
def test_a_broken_link_in_a_folder_is_one_unreadable_file(tmp_path: Path) -> None:
    (tmp_path / "set" / "dark").mkdir(parents=True)
    (tmp_path / "set" / "dark" / "1.png").symlink_to(tmp_path / "nowhere")
    body = json.loads(run(evaluate, [str(tmp_path / "set"), "--format", "json"]).stdout)
    assert body["accounting"]["unreadable"] == 1


@pytest.mark.usefixtures("store")
def test_an_unknown_model_is_an_error_that_lists_what_there_is(images: list[str]) -> None:
    with pytest.raises(ModelNotFound) as caught:
        run(predict, [*images, "--model", "other"])
    assert caught.value.hint == "Available: shades."


@pytest.mark.usefixtures("store")
def test_a_setting_that_is_not_possible_is_wrong_usage(images: list[str]) -> None:
    result = run(predict, [*images, "--device", "tpu"])
    assert result.exit_code == 2
    assert "--device=tpu is not possible" in result.stderr


@pytest.mark.usefixtures("store")
def test_a_variable_that_is_not_possible_is_named(images: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FULLCOUNT_PORT", "abc")
    assert "FULLCOUNT_PORT=abc is not possible" in run(predict, images).stderr


@pytest.mark.usefixtures("store")
def test_a_misspelt_variable_is_warned_of_and_a_service_of_kubernetes_is_not(
    images: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("PORT", "PORT_8000_TCP", "GPU_PORT"):
        monkeypatch.setenv(f"FULLCOUNT_{name}", "tcp://10.0.0.1:8000")
    monkeypatch.setenv("FULLCOUNT_SERVICE_HOST", "10.0.0.1")
    assert run(predict, images).stderr == ""
    monkeypatch.setenv("FULLCOUNT_DEVISE", "cpu")
    result = run(predict, images)
    assert result.exit_code == 0
    assert result.stderr == (
        "Warning: FULLCOUNT_DEVISE is not a setting and is ignored; the nearest name is FULLCOUNT_DEVICE.\n"
    )


def test_a_server_is_asked_where_a_url_is_given(images: list[str]) -> None:
    with pytest.raises(ServerUnreachable):
        run(predict, [*images, "--url", "http://127.0.0.1:1/"])


def test_a_folder_is_not_sent_to_a_server(tmp_path: Path) -> None:
    result = run(evaluate, [str(tmp_path), "--url", "http://127.0.0.1:1"])
    assert result.exit_code == 2
    assert "zip the folder" in result.stderr


def test_a_url_and_a_store_contradict_each_other(images: list[str], store: Path) -> None:
    result = run(predict, [*images, "--url", "http://127.0.0.1:9", "--store", str(store)])
    assert result.exit_code == 2
    assert "give one of them" in result.stderr


def test_a_store_that_is_given_wins_over_a_url_of_the_environment(
    images: list[str], store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FULLCOUNT_URL", "http://127.0.0.1:9")
    assert run(predict, [*images, "--store", str(store)]).exit_code == 0


def test_asking_a_server_needs_none_of_the_service_s_packages() -> None:
    heavy = "{'fastapi', 'starlette', 'uvicorn', 'prometheus_client', 'pydantic_settings', 'tensorflow'}"
    modules = "app.commands.evaluate, app.commands.predict, app.client"
    program = f"import sys, {modules}; sys.exit(bool({heavy} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0


@pytest.mark.usefixtures("store")
@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["set", "--labels-from", "kinds.csv", "--layout", "labels"], "give one of them"),
        (["set/kinds.csv", "--labels-from", "kinds.csv"], "is itself the table"),
        (["set.zip", "--labels-from", "kinds.csv", "--url", "http://127.0.0.1:9"], "A server takes no --labels-from"),
        (["set/kinds.csv", "--url", "http://127.0.0.1:9"], "A server accepts a zip"),
    ],
)
def test_a_table_that_would_not_be_used_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: list[str], said: str
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "set").mkdir()
    (tmp_path / "set/kinds.csv").write_bytes(b"path,label\n")
    (tmp_path / "set.zip").write_bytes(zip_of(FILES))
    result = run(evaluate, arguments)
    assert result.exit_code == 2
    assert said in " ".join(result.stderr.split())


@pytest.mark.usefixtures("store")
def test_evaluate_takes_the_labels_from_a_table(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for path, data in FILES.items():
        (tmp_path / "set" / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "set" / path).write_bytes(data)
    rows = [f"{path},{'light' if path.startswith('dark') else 'dark'}" for path in FILES]
    (tmp_path / "kinds.csv").write_text("\n".join(["path,label", *rows]))
    body = json.loads(run(evaluate, ["set", "--labels-from", "kinds.csv", "--format", "json"]).stdout)
    assert body["interpretation"]["labels_file"]["path"] == "kinds.csv"
    assert {label["label"]: label["files"] for label in body["per_label"]} == {"dark": 2, "light": 2}
    assert body["confusion_matrix"]["counts"][0][:2] == [0, 1]  # `dark` in the table is `light` to the eye
