"""Checks of a TIFF: pixels that Pillow would read wrongly are put right or refused, never answered.

A TIFF may hold any number of bands, of any depth, in any order. The table below lists what is read right; everything
else is refused with its numbers. A camera raw photograph is a TIFF as well, whose first picture is only a thumbnail.
"""

from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple, cast

from PIL.TiffImagePlugin import TiffImageFile

from model_store.errors import ImageRejected
from model_store.images.foreign import DEVELOP
from model_store.images.formats import tiff_tags
from model_store.images.formats.tiff_tags import Tags, first_value, read_directories
from model_store.text import counted, printable

_READ_BITS: Final = {
    0: (1, {1, 2, 4, 8, 16}),
    1: (1, {1, 2, 4, 8, 12, 16}),
    2: (3, {8, 16}),
    3: (1, {1, 2, 4, 8}),
    5: (4, {8, 16}),
    6: (3, {8}),
}
"""Photometric interpretation → number of colour bands, and the bits per sample that are read right."""
_MAX_EXTRA: Final = {1: 1, 3: 3, 4: 2}
"""Number of colour bands → the most bands after them, such as alpha, that are read or passed over."""
_READ_COMPRESSIONS: Final = {
    1: "none",
    2: "CCITT",
    3: "CCITT group 3",
    4: "CCITT group 4",
    5: "LZW",
    6: "old JPEG",
    7: "JPEG",
    8: "deflate",
    32773: "PackBits",
    32946: "deflate",
    34925: "LZMA",
    50000: "Zstandard",
}
_OTHER_COMPRESSIONS: Final = {
    32809: "ThunderScan",
    **dict.fromkeys((33003, 33005, 34712), "JPEG 2000"),
    **dict.fromkeys((34676, 34677), "SGI log"),
    34887: "LERC",
    50001: "WebP",
    **dict.fromkeys((50002, 52546), "JPEG XL"),
}
_PHOTOMETRICS: Final = {
    0: "grey with white as zero",
    1: "grey",
    2: "RGB",
    3: "palette",
    4: "mask",
    5: "CMYK",
    6: "YCbCr",
    8: "CIELab",
    9: "ICCLab",
    10: "ITULab",
    32844: "LogL",
    32845: "LogLuv",
}
_SAMPLE_FORMATS: Final = {1: "unsigned", 2: "signed", 3: "floating point", 4: "undefined", 5: "complex", 6: "complex"}

_RAW_PHOTOMETRICS: Final = frozenset({32803, 34892})
_RAW_COMPRESSIONS: Final = frozenset({32767, 32769, 32770, 34713, 65000, 65535})
"""Compressions of raw samples: Sony, Epson, Samsung, Nikon, Kodak, Pentax."""
_REDUCED, _MASK = 1, 4
"""Bits of the subfile type: a smaller copy of another picture, and a transparency mask."""
_YCBCR: Final = 6
_STRIP_OFFSETS, _TILE_OFFSETS = 273, 324
_HEADER_BYTES: Final = 8


class SampleLayout(NamedTuple):
    """The way in which a TIFF stores its samples; the numbers are those of its tags."""

    bands: int
    extra: tuple[int, ...]
    """Meaning of the bands after those of the colour: 0 unspecified, 1 premultiplied alpha, 2 alpha."""
    bits: tuple[int, ...]
    """Bits per sample, of each band or once for all."""
    sample_formats: tuple[int, ...]
    photometric: int
    is_planar: bool
    """True if each band is stored by itself."""
    compression: int

    @property
    def is_read(self) -> bool:
        """True if the samples are read right."""
        colours, bits = _READ_BITS.get(self.photometric, (0, set[int]()))
        is_plain = set(self.sample_formats) == {1} and len(set(self.bits)) == 1 and self.bits[0] in bits
        has_bands = colours <= self.bands <= colours + _MAX_EXTRA.get(colours, 0)
        return is_plain and has_bands and self.compression in _READ_COMPRESSIONS and self._is_taken_apart(colours)

    @property
    def is_deep_planar(self) -> bool:
        """True if each band of 16 bits is stored by itself, uncompressed."""
        return self.is_planar and self.bands > 1 and self.bits[0] == 16 and self.compression == 1

    def describe(self) -> str:
        """Say the numbers, such as `13 bands of 16 bits, unsigned, grey (photometric 1), interleaved, …`."""
        bits = "/".join(map(str, sorted(set(self.bits))))
        formats = " and ".join(_named(_SAMPLE_FORMATS, value) for value in sorted(set(self.sample_formats)))
        planes = "each band by itself" if self.is_planar else "interleaved"
        return (
            f"{counted(self.bands, 'band')} of {bits} bits, {formats}, "
            f"{_named(_PHOTOMETRICS, self.photometric)} (photometric {self.photometric}), {planes}, "
            f"compression {_named(_READ_COMPRESSIONS | _OTHER_COMPRESSIONS, self.compression)} ({self.compression})"
        )

    def _is_taken_apart(self, colours: int) -> bool:
        """Tell whether the bands are told apart as they are stored."""
        if not self.is_planar or self.bands == 1:
            return True
        if colours == 1:
            return not {1, 2} & set(self.extra)
        return not self.is_deep_planar or (colours == 3 and 1 not in self.extra)


def _named(names: Mapping[int, str], value: int) -> str:
    return names.get(value, "unknown")


def sample_layout(tags: Tags) -> SampleLayout:
    """Return the layout that the tags of a directory declare."""
    bits = tags.get(tiff_tags.BITS, (1,))
    return SampleLayout(
        bands=first_value(tags, tiff_tags.SAMPLES, len(bits)),
        extra=tags.get(tiff_tags.EXTRA, ()),
        bits=bits,
        sample_formats=tags.get(tiff_tags.SAMPLE_FORMAT, (1,)),
        photometric=first_value(tags, tiff_tags.PHOTOMETRIC, 0),
        is_planar=first_value(tags, tiff_tags.PLANES, 1) == 2,
        compression=first_value(tags, tiff_tags.COMPRESSION, 1),
    )


def check_tiff(image: TiffImageFile, data: bytes) -> None:
    """Check that an opened TIFF is read right, and correct the way in which Pillow takes its planes apart.

    Raises:
        ImageRejected: If it is a camera raw photograph, or its samples are stored in a way that is not read right.
    """
    if (rejection := explain_tiff(data, is_opened=True)) is not None:
        raise rejection
    (tags, *_) = read_directories(data) or [Tags()]
    layout = sample_layout(tags)
    if layout.is_deep_planar:  # Pillow forgets that each sample of a plane has 16 bits
        depth = ";16L" if data[:2] == b"II" else ";16B"
        tiles = [(tile, cast("tuple[str, int, int]", tile.args)) for tile in image.tile]
        image.tile = [tile._replace(args=_with_depth(args, depth)) for tile, args in tiles]


def _with_depth(args: tuple[str, int, int], depth: str) -> tuple[str, int, int]:
    raw_mode, stride, direction = args
    return raw_mode + depth, stride, direction


def declared_bits(data: bytes) -> int | None:
    """Return the number of significant bits that a TIFF declares by the greatest value of a sample, or None."""
    (tags, *_) = read_directories(data) or [Tags()]
    highest = max(tags.get(tiff_tags.MAX_SAMPLE, ()), default=0)
    return highest.bit_length() or None


def lacks_data(image: TiffImageFile) -> bool:
    """Return True if strips or tiles of an opened TIFF are not in the file: Pillow reads its header in their place."""
    places = image.tag_v2.get(_STRIP_OFFSETS) or image.tag_v2.get(_TILE_OFFSETS) or ()
    return any(place < _HEADER_BYTES for place in places)


def explain_tiff(data: bytes, *, is_opened: bool) -> ImageRejected | None:
    """Explain why a TIFF is not read.

    Args:
        data: The bytes of the file.
        is_opened: Whether Pillow knows a mode for its samples.

    Returns:
        The reason; None if the tags do not have one, as those of a damaged file do not.
    """
    directories = read_directories(data)
    if not directories:
        return None
    tags, layout = directories[0], sample_layout(directories[0])
    if data[8:10] == b"CR" or any(map(_is_raw, directories)):
        make = printable(bytes(tags.get(tiff_tags.MAKE, ())).decode("latin-1").strip("\0 "))
        return ImageRejected("not-an-image", f"The file is a camera raw photograph{make and f' ({make})'}. {DEVELOP}")
    if (copied := _explain_subfile(directories)) is not None:
        return copied
    if not layout.is_read or (not is_opened and _is_whole(tags)):
        advice = "Save grey or RGB of 8 or 16 bits, unsigned and interleaved."
        return ImageRejected("unsupported-mode", f"The TIFF has {layout.describe()}, which is not read. {advice}")
    subsampling = tags.get(tiff_tags.SUBSAMPLING, (2, 2))
    if layout.photometric == _YCBCR and layout.compression == 1 and set(subsampling) != {1}:
        shape = "x".join(map(str, subsampling))
        detail = f"The TIFF has uncompressed YCbCr with one sample of colour for {shape} pixels. Save it as RGB."
        return ImageRejected("unsupported-mode", detail)
    return None


def _explain_subfile(directories: Sequence[Tags]) -> ImageRejected | None:
    """Explain why the first picture is not the one that the file was made for."""
    tags = directories[0]
    kind = first_value(tags, tiff_tags.SUBFILE, 0) or (first_value(tags, tiff_tags.OLD_SUBFILE, 0) == 2) * _REDUCED
    is_copy = kind & _REDUCED and len(directories) > 1
    if not is_copy and not kind & _MASK:
        return None
    what = "a smaller copy of another picture in it" if is_copy else "a transparency mask"
    detail = f"The first picture of the TIFF is {what} (subfile type {kind}). Save the picture itself in a file."
    return ImageRejected("unsupported-mode", detail)


def _is_whole(tags: Tags) -> bool:
    """Tell whether a directory has what every picture has: a width, a height and a place for its samples."""
    places = tags.keys() & {tiff_tags.STRIPS, tiff_tags.TILES}
    return bool(places) and first_value(tags, tiff_tags.WIDTH, 0) > 0 and first_value(tags, tiff_tags.HEIGHT, 0) > 0


def _is_raw(tags: Tags) -> bool:
    photometric, compression = first_value(tags, tiff_tags.PHOTOMETRIC, 0), first_value(tags, tiff_tags.COMPRESSION, 1)
    return tiff_tags.DNG_VERSION in tags or photometric in _RAW_PHOTOMETRICS or compression in _RAW_COMPRESSIONS
