"""The file name of a part: in the notation of RFC 8187, in an encoded word, or in neither."""

import pytest

from app.api.receiving.filenames import extended_filename


@pytest.mark.parametrize(
    ("parameters", "name"),
    [
        ("filename*=utf-8''%E7%8C%AB.jpg", "猫.jpg"),
        ("filename*=UTF-8'ja'%E7%8C%AB.jpg", "猫.jpg"),
        ("filename*=iso-8859-1''na%EFve.png", "naïve.png"),
        ("filename*=\"utf-8''%E7%8C%AB.jpg\"", "猫.jpg"),
        ("FileName*=utf-8''a.png", "a.png"),
        ("filename=\"b.png\"; filename*=utf-8''%C3%A9.png", "é.png"),
        ("filename*=utf-8''%C3%A9.png; filename=b.png", "é.png"),
        ("filename*0*=utf-8''%E7%8C; filename*1*=%AB.jpg", "猫.jpg"),
        ('filename="=?utf-8?B?54yrLmpwZw==?="', "猫.jpg"),
        ('filename="=?UTF-8?Q?=E7=8C=AB.jpg?="', "猫.jpg"),
        ('filename="=?iso-8859-1?q?na=EFve.png?="', "naïve.png"),
    ],
)
def test_a_name_in_either_notation_is_decoded(parameters: str, name: str) -> None:
    assert extended_filename(f'form-data; name="file"; {parameters}') == name


@pytest.mark.parametrize(
    "parameters",
    [
        'filename="a.png"',
        "filename=\"a; filename*=utf-8''b.png\"",
        "filename=a.png; filename*=utf-8''%ff",
        "filename=a.png; filename*=punycode''x",
        'filename="=?utf-7?B?KzJBQS0=?="',
        'filename="=?utf-8?B?a?="',
        'filename="is =?utf-8?B?54yr?="',
        "x=1",
    ],
)
def test_no_other_name_is_touched(parameters: str) -> None:
    assert extended_filename(f"form-data; name=file; {parameters}") is None


@pytest.mark.parametrize("value", ["utf-7''%2B2AA-", "utf-8''%ff", "idna''x"])
def test_a_name_that_cannot_be_decoded_is_empty_if_it_is_the_only_one(value: str) -> None:
    assert extended_filename(f"form-data; name=file; filename*={value}") == ""
