"""Networks of the literature as short descriptions."""

from __future__ import annotations

from symcnn.network.parts import (
    Activation, BatchNorm, Branches, Convolution, Dense, Flatten, GlobalAveragePooling, MaxPooling, Network, Part,
)


def vgg16(classes: int = 1000) -> Network:
    """VGG-16 for inputs (N, 3, 224, 224). Source: Simonyan & Zisserman 2015, table 1, configuration D."""
    parts: list[Part] = []
    for block, (width, depth) in enumerate(((64, 2), (128, 2), (256, 3), (512, 3), (512, 3)), start=1):
        for n in range(1, depth + 1):
            parts += [Convolution(channels=width, kernel=3, padding=1, name=f"conv{block}_{n}"),
                      Activation(name=f"relu{block}_{n}")]
        parts.append(MaxPooling(kernel=2, stride=2, name=f"pool{block}"))
    parts += [Flatten(name="flatten"), Dense(outputs=4096, name="fc6"), Activation(name="relu6"),
              Dense(outputs=4096, name="fc7"), Activation(name="relu7"), Dense(outputs=classes, name="fc8")]
    return tuple(parts)


def bottleneck(inputs: int, width: int, stride: int = 1, *, expansion: int = 4, name: str = "") -> Branches:
    """A residual block 1×1 → 3×3 → 1×1 with batch norm, the stride on the 3×3; 1×1 on the shortcut where needed.

    Source: He et al. 2016, figure 5 (right); stride on the 3×3 as in torchvision.
    """
    out = expansion * width
    shortcut: Network = ()
    if stride != 1 or inputs != out:
        shortcut = (Convolution(channels=out, kernel=1, stride=stride, bias=False, name="shortcut"),
                    BatchNorm(name="shortcut bn"))
    main: Network = (
        Convolution(channels=width, kernel=1, bias=False, inputs=inputs, name="conv1"), BatchNorm(name="bn1"),
        Activation(name="relu1"),
        Convolution(channels=width, kernel=3, stride=stride, padding=1, bias=False, name="conv2"),
        BatchNorm(name="bn2"), Activation(name="relu2"),
        Convolution(channels=out, kernel=1, bias=False, name="conv3"), BatchNorm(name="bn3"))
    return Branches(branches=(main, shortcut), join="add", name=name)


def resnet50(classes: int = 1000) -> Network:
    """ResNet-50 for inputs (N, 3, 224, 224). Source: He et al. 2016, table 1; stride on the 3×3 as in torchvision."""
    parts: list[Part | Branches] = [
        Convolution(channels=64, kernel=7, stride=2, padding=3, bias=False, name="conv1"), BatchNorm(name="bn1"),
        Activation(name="relu"), MaxPooling(kernel=3, stride=2, padding=1, name="maxpool")]
    channels = 64
    for stage, (width, blocks) in enumerate(((64, 3), (128, 4), (256, 6), (512, 3)), start=1):
        for block in range(1, blocks + 1):
            name = f"layer{stage}.{block}"
            parts.append(bottleneck(channels, width, 2 if stage > 1 and block == 1 else 1, name=name))
            parts.append(Activation(name=f"{name} relu"))
            channels = 4 * width
    return (*parts, GlobalAveragePooling(name="avgpool"), Dense(outputs=classes, name="fc"))


def lenet(classes: int = 10, *, kernel: int = 5, window: int = 2, channels: tuple[int, int] = (6, 16),
          features: tuple[int, ...] = (120, 84)) -> Network:
    """Two convolutions, each with max pooling, and dense layers. Source: after LeCun et al. 1998, figure 2."""
    parts: list[Part] = []
    for n, width in enumerate(channels, start=1):
        parts += [Convolution(channels=width, kernel=kernel, name=f"conv{n}"),
                  MaxPooling(kernel=window, stride=window, name=f"pool{n}")]
    parts.append(Flatten(name="flatten"))
    parts += [Dense(outputs=width, name=f"fc{n}") for n, width in enumerate((*features, classes), start=1)]
    return tuple(parts)


def inception(one: int, three: int, five: int, reduce: int | None = None) -> Network:
    """1×1, 3×3 and 5×5 convolutions and 3×3 max pooling in parallel, each convolution with relu.

    With `reduce` channels a 1×1 convolution stands before the 3×3 and the 5×5 and after the pooling.
    Source: Szegedy et al. 2015, figure 2 (a) without and (b) with the reductions.
    """
    def convolution(channels: int, kernel: int, name: str) -> Network:
        return (Convolution(channels=channels, kernel=kernel, padding=kernel // 2, name=name),
                Activation(name=f"{name} relu"))

    def reduction(name: str) -> Network:
        return () if reduce is None else convolution(reduce, 1, name)

    pooling = MaxPooling(kernel=3, stride=1, padding=1, name="3×3 max pooling")
    return (Branches(branches=(
        convolution(one, 1, "1×1"),
        (*reduction("1×1 before 3×3"), *convolution(three, 3, "3×3")),
        (*reduction("1×1 before 5×5"), *convolution(five, 5, "5×5")),
        (pooling, *reduction("1×1 after pooling"))), join="concatenate"),)
