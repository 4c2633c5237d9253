from dataclasses import replace
from pathlib import Path

from training.data.files import Audit, File, dataset_digest

FILES = (
    File("a/1.png", Path("a/1.png"), "used", label="a", split="train", sha256="1" * 64),
    File("b/2.png", Path("b/2.png"), "used", label="b", split="test", sha256="2" * 64),
)


def test_the_digest_does_not_depend_on_the_place_of_the_folder() -> None:
    moved = tuple(replace(file, location=Path("/elsewhere") / file.path) for file in FILES)
    assert dataset_digest(Audit(Path("/elsewhere"), moved)) == dataset_digest(Audit(Path(), FILES))


def test_the_digest_depends_on_which_picture_was_used_for_what() -> None:
    changes = ({"split": "validation"}, {"label": "c"}, {"sha256": "3" * 64}, {"path": "a/9.png"})
    changed = {dataset_digest(Audit(Path(), (replace(FILES[0], **change), FILES[1]))) for change in changes}  # type: ignore[arg-type]
    assert len(changed | {dataset_digest(Audit(Path(), FILES))}) == 5
