"""symcnn: machine-checked mathematics of convolutional networks, for people.

    >>> from symcnn import convolution, gradient
    >>> conv = convolution(dims=2)
    >>> dX = gradient(conv, "X", at=["l", "n", "u", "v"])
    >>> dX.lines[-1].theorem.rule
    'guarded sums'

The names below are the public interface; each is imported when it is first used.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

__version__ = "0.1.0"

_WHERE = {
    "Claim": "kernel.claim", "Theorem": "kernel.theorem", "discharge": "kernel.rules", "equal": "kernel.equality",
    "induction": "kernel.induction", "lift": "kernel.rules", "limit": "kernel.limits", "renamed": "kernel.rules",
    "specialize": "kernel.rules", "summed": "kernel.rules",
    "Layer": "layers", "convolution": "layers", "declare": "layers", "layer": "layers",
    "padded_output_gradient": "layers", "transposed_convolution": "layers",
    "activation": "layers", "addition": "layers", "average_pooling": "layers", "batch_norm": "layers",
    "batch_norm_over": "layers",
    "circular_convolution": "layers", "concatenation": "layers", "dense": "layers", "flatten": "layers",
    "global_average_pooling": "layers", "max_pooling": "layers", "softmax_cross_entropy": "layers",
    "gradient": "calculus", "steps": "calculus",
    "Verdict": "verdict", "decide": "verdict", "prove": "verdict",
    "Derivation": "derivation", "Part": "sheet", "replay": "recheck",
    "to_latex": "latex.write:latex", "to_numpy": "codegen", "to_sympy": "sympy_form",
    "Validation": "validate", "validate_convolution": "validate",
    "validate_definition": "validate", "validate_entries": "validate", "validate_derivative": "validate",
}
__all__ = sorted([*_WHERE, "__version__"])


def __getattr__(name: str) -> Any:
    if name not in _WHERE:
        raise AttributeError(f"module 'symcnn' has no attribute {name!r}")
    module, _, inside = _WHERE[name].partition(":")
    return getattr(import_module(f"symcnn.{module}"), inside or name)


def __dir__() -> list[str]:
    return __all__
