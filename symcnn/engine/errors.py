"""``EngineError`` and the argument checks of the engine which raise it."""

from __future__ import annotations

import math
import numbers
import operator
from collections.abc import Iterable, Sequence
from fractions import Fraction
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

Array: TypeAlias = npt.NDArray[Any]
Axes: TypeAlias = tuple[int, ...]
PerAxis: TypeAlias = int | Sequence[int]

INT64_MAX = 2**63 - 1
FLOAT64_EXACT = 2**53

# What the axes of an operand mean, as error messages say it.
SIGNAL = "batch, channels, space..."
WEIGHT = "out channels, in channels / groups, kernel..."
TRANSPOSE_WEIGHT = "in channels, out channels / groups, kernel..."
DENSE_SIGNAL = "batch, features"
DENSE_WEIGHT = "out features, in features"


class EngineError(ValueError):
    """An argument the engine refuses; the message names it, what was given and what is allowed."""


def integer(name: str, value: object, minimum: int) -> int:
    """Return ``value`` as an int of at least ``minimum``; bool and float are refused."""
    found = _as_integer(value)
    if found is None or found < minimum:
        raise EngineError(f"{name} is {value!r}; allowed: an integer of at least {minimum}")
    return found


def per_axis(name: str, value: object, axes: int, minimum: int) -> tuple[int, ...]:
    """Return one int of at least ``minimum`` per spatial axis; a single int stands for all axes."""
    single = _as_integer(value)
    if single is not None:
        entries: list[int | None] = [single] * axes
    elif isinstance(value, Iterable):
        try:
            entries = [_as_integer(entry) for entry in value]
        except TypeError:  # a 0-d array has __iter__ and cannot be iterated
            entries = []
    else:
        entries = []
    checked = tuple(entry for entry in entries if entry is not None and entry >= minimum)
    if len(checked) != axes or len(entries) != axes:
        raise EngineError(
            f"{name} is {value!r}; allowed: an integer of at least {minimum}, "
            f"or one such integer per spatial axis ({axes} of them)"
        )
    return checked


def numeric_array(name: str, value: npt.ArrayLike) -> Array:
    """Return ``value`` as an array of floating, integer or exact object dtype.

    Entries of an object array become Python ints or Fractions, so that a NumPy integer among
    them cannot overflow.  Any other entry (float, bool, str, None, ...) is refused.
    """
    allowed = "allowed: floating point, integers, or an object array of Python ints and Fractions"
    try:
        array = np.asarray(value)
        if array.dtype.kind == "f" and isinstance(value, (list, tuple)):
            # NumPy reads a list of ints of which some lie beyond int64 as float64.
            as_objects = np.asarray(value, dtype=object)
            if as_objects.size and all(_as_integer(entry) is not None for entry in as_objects.flat):
                array = as_objects
    except (TypeError, ValueError, OverflowError) as error:
        raise EngineError(f"{name} cannot be read as an array ({error}); {allowed}") from error
    if array.dtype.kind in "fiu":
        return array
    if array.dtype.kind != "O":
        raise EngineError(f"{name} has dtype {array.dtype}; {allowed}")
    exact = np.empty(array.shape, dtype=object)
    for position, entry in enumerate(array.flat):
        whole = _as_integer(entry)
        if whole is not None:
            exact.flat[position] = whole
        elif isinstance(entry, numbers.Rational) and not isinstance(entry, bool):  # bool is a Rational
            exact.flat[position] = Fraction(entry)
        else:
            raise EngineError(f"{name} holds {entry!r} of type {type(entry).__name__}; {allowed}")
    return exact


def with_common_dtype(terms: int, *factors: Array, addend: Array | None = None) -> list[Array]:
    """Convert operands to one dtype in which a sum of ``terms`` products plus ``addend`` is safe.

    Floating operands promote as NumPy does.  Integer operands become int64 if
    ``terms * prod(max|factor|) + max|addend|``, computed in Python ints, is at most ``2**63 - 1``;
    that also bounds every partial sum.  Otherwise they become object arrays of Python ints.

    Raises EngineError if exact (object) and floating operands meet, since the result would be
    rounded in an array that looks exact.
    """
    return _common(terms, factors, addend)[0]


def to_multiply(terms: int, *factors: Array, addend: Array | None = None) -> tuple[list[Array], np.dtype[Any]]:
    """The operands as matrix products should compute with them, and the dtype of the result.

    As ``with_common_dtype``, but integers whose sums are bounded by 2**53 become float64, in which
    they and every partial sum, in any order, are exact: there products are many times faster.
    """
    operands, bound = _common(terms, factors, addend)
    dtype = operands[0].dtype
    if dtype.kind == "i" and bound <= FLOAT64_EXACT:
        operands = [operand.astype(np.float64) for operand in operands]
    return operands, dtype


def _common(terms: int, factors: Sequence[Array], addend: Array | None) -> tuple[list[Array], int]:
    """The operands in one dtype, and for integers the bound of every partial sum."""
    operands = [*factors] if addend is None else [*factors, addend]
    kinds, bound = {operand.dtype.kind for operand in operands}, 0
    if "f" in kinds:
        if "O" in kinds:
            dtypes = ", ".join(str(operand.dtype) for operand in operands)
            raise EngineError(
                f"the operands have dtypes {dtypes}; allowed: object arrays together with integers or "
                "objects only, since floating point would round exact entries"
            )
        dtype = np.result_type(*[operand.dtype for operand in operands])
    elif "O" in kinds:
        dtype = np.dtype(object)
    else:
        bound = terms * math.prod(_magnitude(factor) for factor in factors)
        bound += 0 if addend is None else _magnitude(addend)
        # An operand itself may be a uint64 beyond int64.
        bound = max(bound, *[_magnitude(operand) for operand in operands])
        dtype = np.dtype(np.int64 if bound <= INT64_MAX else object)
    return [operand.astype(dtype, copy=False) for operand in operands], bound


def floating_array(name: str, value: npt.ArrayLike) -> Array:
    """Return ``value`` as an array of floating dtype; integers become float64, object arrays are refused."""
    array = numeric_array(name, value)
    if array.dtype.kind == "O":
        raise EngineError(f"{name} has dtype object; allowed: floating point or integers")
    return array if array.dtype.kind == "f" else array.astype(np.float64)


def checked_operand(
    name: str, value: npt.ArrayLike, layout: str, axes: int | None = None, at_least: int = 1
) -> Array:
    """Numeric array with the axes of ``layout``, its spatial ones ``axes`` or at least so many; only the batch
    may be empty."""
    array = numeric_array(name, value)
    if array.ndim < at_least + 2 if axes is None else array.ndim != axes + 2:
        rank = f"at least {at_least + 2}" if axes is None else f"exactly {axes + 2}"
        raise EngineError(
            f"{name} has shape {array.shape}, rank {array.ndim}; allowed: {rank} axes ({layout})"
        )
    if 0 in (array.shape[1:] if layout in (SIGNAL, DENSE_SIGNAL) else array.shape):
        raise EngineError(
            f"{name} has shape {array.shape}; allowed: no size 0 except for the batch ({layout})"
        )
    return array


def checked_bias(b: npt.ArrayLike | None, channels: int) -> Array:
    """Numeric array with one entry per output channel; None stands for zeros."""
    if b is None:
        return np.zeros(channels, dtype=np.int8)  # int8 never decides the common dtype
    array = numeric_array("b", b)
    if array.shape != (channels,):
        raise EngineError(f"b has shape {array.shape}; allowed: ({channels},), one entry per output channel")
    return array


def group_channels(groups: int, *channels: int) -> Axes:
    """Channels per group of each number of channels."""
    groups = integer("groups", groups, 1)
    for count in channels:
        if count % groups:
            raise EngineError(
                f"groups is {groups}; allowed: a divisor of every number of channels {channels}"
            )
    return tuple(count // groups for count in channels)


def expect_grad_output(grad_output: Array, expected: Axes) -> None:
    """Refuse a grad_output which is not of the shape of the forward output."""
    if grad_output.shape != expected:
        raise EngineError(f"grad_output has shape {grad_output.shape}; expected shape {expected}")


def _magnitude(array: Array) -> int:
    """max|entry| of an integer array as a Python int (0 if empty); np.abs would overflow at -2**63."""
    return max(int(array.max()), -int(array.min())) if array.size else 0


def _as_integer(value: object) -> int | None:
    """The Python int equal to an integer object, None for everything else, bool included."""
    if isinstance(value, (bool, np.bool_)):
        return None
    try:
        return operator.index(value)  # type: ignore[arg-type]
    except TypeError:
        return None
