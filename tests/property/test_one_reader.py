"""A labelled set is read alike from a folder for training, from a folder for evaluation, and from a zip."""

import io
import tempfile
from collections.abc import Callable
from pathlib import Path, PurePosixPath

from hypothesis import example, given, settings
from hypothesis import strategies as st

from model_store.errors import SetRejected
from model_store.labelled_sets.archives.archive import Archive
from model_store.labelled_sets.folder import open_folder
from model_store.labelled_sets.labelled_set import LabelledSet, SetLimits
from tests.support.fakes import grey, zip_of
from training.data.scan import scan
from training.errors import DatasetInvalid

LIMITS = SetLimits(max_entries=50, max_uncompressed_bytes=100_000, max_compression_ratio=1_000, max_image_bytes=5_000)
NAMES = [
    "cats",
    "Cats",
    "dogs",
    "set",
    "images",
    "b\u00e4ume",
    "ba\u0308ume",
    ".git",
    "__MACOSX",
    "1.png",
    "2.JPG",
    "3",
    "a.txt",
    "labels.csv",
]
TABLE = b"path,label\n1.png,cats\n2.JPG,dogs\n"
paths = st.lists(st.sampled_from(NAMES), min_size=1, max_size=4).map("/".join)
trees = st.dictionaries(paths, st.sampled_from([grey(1), b"text", TABLE]), max_size=10)


def without_files_as_folders(tree: dict[str, bytes]) -> dict[str, bytes]:
    """Leave out the files that have the name of another file's folder."""
    folders = {parent.as_posix() for path in tree for parent in PurePosixPath(path).parents}
    return {path: data for path, data in tree.items() if path not in folders}


def write(tree: dict[str, bytes], root: Path) -> None:
    for path, data in tree.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_bytes(data)


def labels_of(read: Callable[[], LabelledSet]) -> dict[str, str]:
    """Return each image's label by its path; nothing if the set is refused for want of images, labels or clarity."""
    try:
        return {image.path: image.label for image in read().images}
    except SetRejected as error:
        reason = error.reason
    assert reason in {"no-images", "no-labels", "ambiguous-layout", "labels-file"}
    return {}


def labels_for_training(root: Path, tree: dict[str, bytes]) -> dict[str, str]:
    try:
        files = scan(root).files
    except DatasetInvalid as error:
        question = str(error)
    else:
        assert sorted(file.path for file in files) == sorted(tree)
        return {file.path: file.label for file in files if file.label is not None}
    assert question.endswith("labels?.") or "labels.csv" in question
    return {}


@settings(max_examples=100, deadline=None)
@example({".git/1.png": grey(1), "cats/1.png": grey(1), "labels.csv": TABLE})
@given(trees.map(without_files_as_folders))
def test_a_set_has_the_same_images_and_labels_whoever_reads_it(tree: dict[str, bytes]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        write(tree, root)
        for_training = labels_for_training(root, tree)
        from_folder = labels_of(lambda: open_folder(root, (), max_image_bytes=LIMITS.max_image_bytes))
        from_zip = labels_of(lambda: Archive(io.BytesIO(zip_of(tree)), LIMITS).labelled(()))
        assert for_training == from_folder == from_zip
