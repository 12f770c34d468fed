"""The parts of a network: layers with numbers, and branches whose outputs are joined."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from typing import ClassVar, TypeAlias

from symcnn.errors import UsageError
from symcnn.layers import (
    Layer, activation, addition, average_pooling, batch_norm, concatenation, convolution, dense, flatten,
    global_average_pooling, max_pooling,
)

Shape = tuple[int, ...]
PerAxis: TypeAlias = "int | tuple[int, ...]"
Formula: TypeAlias = "tuple[Callable[..., Layer], tuple[tuple[str, object], ...]]"
"""Which layer function with which options: parts with the same formula share its counts."""


@dataclass(frozen=True, kw_only=True)
class Part:
    """A layer with numbers. `word` names its kind, `learned` the parameter tensors of its formula."""

    word: ClassVar[str]
    name: str = ""

    whole: ClassVar[dict[str, int]] = {}
    """The least value of every field that holds a whole number, or one for each axis."""

    def __post_init__(self) -> None:
        for field, least in self.whole.items():
            values = getattr(self, field)
            for value in values if isinstance(values, tuple) else (values,):
                if not isinstance(value, int) or isinstance(value, bool) or value < least:
                    raise UsageError(f"{self.word}: {field} is {values!r}; allowed: whole numbers from {least} on")

    @property
    def learned(self) -> tuple[str, ...]:
        return ()

    def formula(self, dims: int) -> Formula:
        """The layer function and its options, for a number of spatial axes."""
        raise NotImplementedError

    def sizes(self, dims: int) -> dict[str, int]:
        """The sizes of the formula that the input's shape does not give."""
        return {}

    def check(self, shape: Shape) -> str:
        """What is wrong with an input of this shape; empty if nothing is."""
        return "" if len(shape) >= 2 else "its input needs at least two axes, samples and channels"

    def described(self) -> str:
        """The numbers of the part in a few words."""
        return ""


def per_axis(value: PerAxis, dims: int) -> tuple[int, ...]:
    return value if isinstance(value, tuple) else (value,) * dims


def times(value: PerAxis, dims: int = 1) -> str:
    """3×3 for a kernel of 3 in two dimensions; one number for what is the same along all axes."""
    return "×".join(map(str, per_axis(value, dims)))


def _numbered(dims: int, **values: PerAxis) -> dict[str, int]:
    return {f"{stem}{a}" if dims > 1 else stem: v for stem, value in values.items()
            for a, v in enumerate(per_axis(value, dims), start=1)}


@dataclass(frozen=True, kw_only=True)
class _Window(Part):
    whole: ClassVar[dict[str, int]] = {"kernel": 1, "stride": 1, "padding": 0}
    kernel: PerAxis = 1
    stride: PerAxis = 1
    padding: PerAxis = 0

    def check(self, shape: Shape) -> str:
        if len(shape) < 3:
            return "its input needs samples, channels and at least one spatial axis"
        given = {"kernel": self.kernel, "stride": self.stride, "padding": self.padding}
        return next((f"its {name} is given for {len(v)} axes, but its input has {len(shape) - 2}"
                     for name, v in given.items() if isinstance(v, tuple) and len(v) != len(shape) - 2), "")

    def sizes(self, dims: int) -> dict[str, int]:
        return _numbered(dims, K=self.kernel, s=self.stride, p=self.padding)

    def described(self) -> str:
        return (times(self.kernel, 2) + f", stride {times(self.stride)}" * (self.stride != 1)
                + f", padding {times(self.padding)}" * (self.padding != 0))


@dataclass(frozen=True, kw_only=True)
class Convolution(_Window):
    """Convolution to `channels` output channels; `inputs` states the input channels that W has, if given."""

    word: ClassVar[str] = "convolution"
    whole: ClassVar[dict[str, int]] = {**_Window.whole, "channels": 1, "dilation": 1, "groups": 1}
    channels: int
    dilation: PerAxis = 1
    groups: int = 1
    bias: bool = True
    inputs: int | None = None

    @property
    def learned(self) -> tuple[str, ...]:
        return ("W", "b") if self.bias else ("W",)

    def formula(self, dims: int) -> Formula:
        return convolution, (("dims", dims), ("groups", self.groups > 1), ("bias", self.bias))

    def sizes(self, dims: int) -> dict[str, int]:
        return {**super().sizes(dims), **_numbered(dims, d=self.dilation), "M": self.channels // self.groups}

    def check(self, shape: Shape) -> str:
        wrong = super().check(shape)
        if not wrong and (shape[1] % self.groups or self.channels % self.groups):
            wrong = f"{shape[1]} input and {self.channels} output channels do not divide into {self.groups} groups"
        if not wrong and self.inputs not in (None, shape[1]):
            weights = (self.channels, (self.inputs or 0) // self.groups, *per_axis(self.kernel, len(shape) - 2))
            wrong = f"its W has shape {weights}, for {self.inputs} input channels, not {shape[1]}"
        return wrong

    def described(self) -> str:
        return (f"{super().described()} → {self.channels}" + f", dilation {times(self.dilation)}" * (self.dilation != 1)
                + f", {self.groups} groups" * (self.groups > 1))


@dataclass(frozen=True, kw_only=True)
class MaxPooling(_Window):
    """The largest entry of a window; the padding is −∞."""

    word: ClassVar[str] = "max pooling"
    whole: ClassVar[dict[str, int]] = {**_Window.whole, "dilation": 1}
    dilation: PerAxis = 1

    def formula(self, dims: int) -> Formula:
        return max_pooling, (("dims", dims),)

    def sizes(self, dims: int) -> dict[str, int]:
        return {**super().sizes(dims), **_numbered(dims, d=self.dilation)}


@dataclass(frozen=True, kw_only=True)
class AveragePooling(_Window):
    """The mean of a window, over all its places or over those inside the input."""

    word: ClassVar[str] = "average pooling"
    padding_counts: bool = True

    def formula(self, dims: int) -> Formula:
        return average_pooling, (("dims", dims), ("padding_counts", self.padding_counts))


@dataclass(frozen=True, kw_only=True)
class GlobalAveragePooling(Part):
    """The mean of all positions of a channel."""

    word: ClassVar[str] = "global average pooling"

    def formula(self, dims: int) -> Formula:
        return global_average_pooling, (("dims", dims),)

    def check(self, shape: Shape) -> str:
        return "" if len(shape) >= 3 else "its input needs samples, channels and at least one spatial axis"


@dataclass(frozen=True, kw_only=True)
class BatchNorm(Part):
    """Batch normalisation with γ and β; in training with the statistics of the batch."""

    word: ClassVar[str] = "batch norm"
    training: bool = False
    epsilon: Fraction = Fraction(1, 100_000)

    @property
    def learned(self) -> tuple[str, ...]:
        return ("gamma", "beta")

    def formula(self, dims: int) -> Formula:
        return batch_norm, (("dims", dims), ("training", self.training))

    def check(self, shape: Shape) -> str:
        if len(shape) < 2:
            return super().check(shape)
        values = shape[0]
        for extent in shape[2:]:
            values *= extent
        if self.training and values == 1 and self.epsilon == 0:
            return "the variance of one value is 0, so with ε = 0 it divides by √(0 + 0)"
        return "" if self.epsilon >= 0 else f"ε is {self.epsilon}; allowed: 0 or more"


@dataclass(frozen=True, kw_only=True)
class Activation(Part):
    """relu, sigmoid or tanh of every entry."""

    word: ClassVar[str] = "activation"
    function: str = "relu"

    def formula(self, dims: int) -> Formula:
        return activation, (("function", self.function), ("dims", dims))

    def described(self) -> str:
        return self.function


@dataclass(frozen=True, kw_only=True)
class Flatten(Part):
    """Channels and positions in one axis, row by row."""

    word: ClassVar[str] = "flatten"

    def formula(self, dims: int) -> Formula:
        return flatten, (("dims", dims),)


@dataclass(frozen=True, kw_only=True)
class Dense(Part):
    """A dense (fully connected) layer to `outputs` features."""

    word: ClassVar[str] = "dense"
    whole: ClassVar[dict[str, int]] = {"outputs": 1}
    outputs: int
    bias: bool = True
    inputs: int | None = None

    @property
    def learned(self) -> tuple[str, ...]:
        return ("W", "b") if self.bias else ("W",)

    def formula(self, dims: int) -> Formula:
        return dense, (("bias", self.bias),)

    def sizes(self, dims: int) -> dict[str, int]:
        return {"M": self.outputs}

    def check(self, shape: Shape) -> str:
        if len(shape) != 2:
            return "it takes samples and features only; flatten before it"
        if self.inputs not in (None, shape[1]):
            return f"its W has shape {(self.outputs, self.inputs)}, for {self.inputs} features, not {shape[1]}"
        return ""

    def described(self) -> str:
        return f"dense → {self.outputs}"


@dataclass(frozen=True, kw_only=True)
class Branches:
    """Parallel sequences on one input, joined by "concatenate" (channels) or "add"; an empty one is the input."""

    branches: tuple[tuple[Part | Branches, ...], ...]
    join: str
    name: str = ""

    def __post_init__(self) -> None:
        if self.join not in ("concatenate", "add"):
            raise UsageError(f"join is {self.join!r}; allowed: concatenate, add")
        if len(self.branches) < 2:
            raise UsageError(f"{len(self.branches)} branches are joined; allowed: two or more")

    def formula(self, dims: int) -> Formula:
        return (addition if self.join == "add" else concatenation), (("parts", len(self.branches)), ("dims", dims))


Network: TypeAlias = "tuple[Part | Branches, ...]"
