"""Names and numbers of the networks of `keras.applications`.

The command line lists them without training, so nothing here loads Keras. A test compares the numbers with Keras.
"""

from typing import Final, NamedTuple


class Application(NamedTuple):
    """A network of `keras.applications`.

    Attributes:
        name: Name for `--backbone`.
        constructor: Name in `keras.applications`.
        size: Native height and width of its input, in pixels, at which its weights were trained or scored.
        parameters: Number of parameters without the top.
        weights_file: Name of the file without the top that Keras downloads.
        weights_bytes: Size of that file in bytes, from the progress bars of its downloads.
    """

    name: str
    constructor: str
    size: int
    parameters: int
    weights_file: str
    weights_bytes: int


_RESNET_FILE: Final = "{}_weights_tf_dim_ordering_tf_kernels_notop.h5"
_MOBILENET_FILE: Final = "weights_mobilenet_v3_{}_224_1.0_float_no_top_v2.h5"

APPLICATIONS: Final = (
    # Tan and Le, ICML 2019
    Application("efficientnet-b0", "EfficientNetB0", 224, 4_049_571, "efficientnetb0_notop.h5", 16_705_208),
    Application("efficientnet-b1", "EfficientNetB1", 240, 6_575_239, "efficientnetb1_notop.h5", 27_018_416),
    Application("efficientnet-b2", "EfficientNetB2", 260, 7_768_569, "efficientnetb2_notop.h5", 31_790_344),
    Application("efficientnet-b3", "EfficientNetB3", 300, 10_783_535, "efficientnetb3_notop.h5", 43_941_136),
    Application("efficientnet-b4", "EfficientNetB4", 380, 17_673_823, "efficientnetb4_notop.h5", 71_686_520),
    Application("efficientnet-b5", "EfficientNetB5", 456, 28_513_527, "efficientnetb5_notop.h5", 115_263_384),
    Application("efficientnet-b6", "EfficientNetB6", 528, 40_960_143, "efficientnetb6_notop.h5", 165_234_480),
    Application("efficientnet-b7", "EfficientNetB7", 600, 64_097_687, "efficientnetb7_notop.h5", 258_076_736),
    # Tan and Le, ICML 2021
    Application("efficientnetv2-b0", "EfficientNetV2B0", 224, 5_919_312, "efficientnetv2-b0_notop.h5", 24_274_472),
    Application("efficientnetv2-b1", "EfficientNetV2B1", 240, 6_931_124, "efficientnetv2-b1_notop.h5", 28_456_008),
    Application("efficientnetv2-b2", "EfficientNetV2B2", 260, 8_769_374, "efficientnetv2-b2_notop.h5", 35_839_040),
    Application("efficientnetv2-b3", "EfficientNetV2B3", 300, 12_930_622, "efficientnetv2-b3_notop.h5", 52_606_240),
    Application("efficientnetv2-s", "EfficientNetV2S", 384, 20_331_360, "efficientnetv2-s_notop.h5", 82_420_632),
    Application("efficientnetv2-m", "EfficientNetV2M", 480, 53_150_388, "efficientnetv2-m_notop.h5", 214_201_816),
    Application("efficientnetv2-l", "EfficientNetV2L", 480, 117_746_848, "efficientnetv2-l_notop.h5", 473_176_280),
    # Howard et al., ICCV 2019
    Application("mobilenetv3-small", "MobileNetV3Small", 224, 939_120, _MOBILENET_FILE.format("small"), 4_334_752),
    Application("mobilenetv3-large", "MobileNetV3Large", 224, 2_996_352, _MOBILENET_FILE.format("large"), 12_683_000),
    # Liu et al., CVPR 2022
    Application("convnext-tiny", "ConvNeXtTiny", 224, 27_820_128, "convnext_tiny_notop.h5", 111_650_432),
    Application("convnext-small", "ConvNeXtSmall", 224, 49_454_688, "convnext_small_notop.h5", 198_551_472),
    Application("convnext-base", "ConvNeXtBase", 224, 87_566_464, "convnext_base_notop.h5", 350_926_856),
    Application("convnext-large", "ConvNeXtLarge", 224, 196_230_336, "convnext_large_notop.h5", 785_596_384),
    Application("convnext-xlarge", "ConvNeXtXLarge", 224, 348_147_968, "convnext_xlarge_notop.h5", 1_393_257_616),
    # He et al., CVPR 2016 and ECCV 2016
    Application("resnet50", "ResNet50", 224, 23_587_712, _RESNET_FILE.format("resnet50"), 94_765_736),
    Application("resnet50v2", "ResNet50V2", 224, 23_564_800, _RESNET_FILE.format("resnet50v2"), 94_668_760),
)
"""The networks, sorted by family and then by size."""
