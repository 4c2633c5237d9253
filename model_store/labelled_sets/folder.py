"""A labelled folder on this machine, for the command line: the service never opens a path that a client named."""

from collections.abc import Collection
from pathlib import Path

from model_store.errors import SetRejected
from model_store.images.files import read_image_file
from model_store.images.signatures import SIGNATURE_BYTES, has_image_signature
from model_store.labelled_sets.labelled_set import LabelledSet, give_labels, sort_paths
from model_store.labelled_sets.walk import _walk


def open_folder(root: Path, labels: Collection[str], *, max_image_bytes: int) -> LabelledSet:
    """List a folder of one folder per label, or of images and a `labels.csv`.

    Args:
        root: The folder.
        labels: The model's labels.
        max_image_bytes: Most bytes of one file.

    Raises:
        SetRejected: There are no images, none with a label, a folder is a link, a file is no ordinary one, its
            name is no UTF-8, or a `labels.csv` is refused.
    """
    directories, paths = _walk(root)

    def has_signature(path: str) -> bool:
        try:
            with (root / path).open("rb") as file:
                return has_image_signature(file.read(SIGNATURE_BYTES))
        except OSError:
            return False  # neither its name nor its bytes say that it is an image

    def read(path: str) -> bytes:
        return read_image_file(root / path, max_image_bytes=max_image_bytes)

    files = sort_paths(paths, has_signature)
    if not files.images:
        raise SetRejected("no-images", f"{root} must hold one folder per label, with images in it: cats/1.jpg.")
    return give_labels(files, labels, directories=directories, read=read)
