import pytest

from training.data.extensions import extension_disagrees


@pytest.mark.parametrize(
    ("path", "format_", "expected"),
    [
        ("a/b.jpg", "JPEG", False),
        ("a/b.JPEG", "JPEG", False),
        ("a/b.jpg", "PNG", True),
        ("a/b.tif", "TIFF", False),
        ("a/b.heic", "JPEG", True),
        ("a/scan.txt", "JPEG", True),
        ("a/scan.zip", "PNG", True),
        ("a/no-extension", "PNG", False),
        ("a.jpg/b", "PNG", False),
        ("a/taken.2021", "PNG", False),
    ],
)
def test_only_a_name_that_claims_another_format_disagrees(path: str, format_: str, *, expected: bool) -> None:
    assert extension_disagrees(path, format_) is expected
