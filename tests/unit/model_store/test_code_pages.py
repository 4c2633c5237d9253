"""Names in a code page: plausible in the one that they were written in, and odd in the others."""

import pytest

from model_store.code_pages import CODE_PAGES, implausibility


def read_as(page: str, *names: bytes) -> int | None:
    """Return how implausible names are in a code page; None if they are not valid in it."""
    try:
        return implausibility([name.decode(page) for name in names], page)
    except UnicodeDecodeError:
        return None


WRITTEN = [
    ("cp932", ["a/表.png"]),
    ("cp932", ["写真/犬1.jpg", "写真/猫2.jpg"]),
    ("cp932", ["a/ポスター.png", "b/予定表.png"]),
    ("cp932", ["良品\\能.bmp", "不良品\\ソ.bmp"]),
    ("gb18030", ["图片/测试.jpg"]),
    ("gb18030", ["缺陷/乗.png", "正常/照片1.png"]),
    ("big5", ["a/功.png"]),
    ("big5", ["正常/許.jpg", "瑕疵/貓.jpg"]),
    ("euc_kr", ["고양이/1.png", "강아지/2.png"]),
    ("cp866", ["кошка/1.png", "a/Фото 12.png"]),
    ("cp1251", ["коты/1.png", "собаки/Бобик.png"]),
    ("cp437", ["Bäume/größe.png", "été/Äpfel.png"]),
    ("cp850", ["São/1.png", "Ørken/2.png"]),
    ("cp1252", ["Ärger/ß.png", "L\u2019été.png"]),
    ("cp1250", ["Łódź/żółw.png", "kočka/ě.png"]),
]


@pytest.mark.parametrize(("page", "names"), WRITTEN)
def test_names_are_most_plausible_in_the_page_that_they_were_written_in(page: str, names: list[str]) -> None:
    raw = [name.encode(page) for name in names]
    found = {one: oddity for one in CODE_PAGES if (oddity := read_as(one, *raw)) is not None}
    assert min(found, key=found.__getitem__) == page


@pytest.mark.parametrize(
    ("odd", "plain"),
    [
        ("├─.png", "Ää.png"),
        ("öÄÆ.png", "öde.png"),
        ("Bдume.png", "Дом.png"),
        ("grÄsse.png", "grässe.png"),
        ("a/ò\\.png", "a/ò.png"),
        ("é|1.png", "é-1.png"),
    ],
)
def test_what_nobody_writes_is_odd(odd: str, plain: str) -> None:
    assert implausibility([odd], "cp437") > implausibility([plain], "cp437")


def test_ascii_is_never_odd_beside_a_slash_or_a_backslash() -> None:
    assert implausibility(["IceCream/1.png", "set\\Hot-Dog (2)\\.hidden", "a_b/c.d"], "cp437") == 0


def test_a_rare_letter_is_odd_and_a_common_one_is_not() -> None:
    assert implausibility(["猫.png"], "gb18030") == 0
    assert implausibility(["乗.png"], "gb18030") > 0
