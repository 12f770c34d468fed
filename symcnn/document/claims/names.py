"""What the names of a document are: whether their scripts are indices, powers or labels, and which are functions."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field


APPLIED = frozenset("sigma f g phi varphi psi E E_bb Var Cov P Pr softmax Softmax SELU ELU LeakyReLU PReLU".split())
"""Names that are functions where a group in parentheses follows them directly."""
ACTIVATIONS = frozenset("sigma f g phi psi varphi".split())
"""Names of functions of one number, where the document speaks of activations or writes a derivative f'."""
SLOPES = frozenset("sigma phi psi varphi".split())
"""Those of them that are no losses: dσ/dz is the slope of σ(z)."""
BOLD = frozenset((r"\mathbf", r"\boldsymbol", r"\bm", r"\bold", r"\pmb"))
SCALARS = frozenset("alpha beta gamma eta lambda rho mu e epsilon varepsilon".split())
"""Names whose superscripts are powers."""
STATISTICS = ("mu", "sigma")
"""Means and deviations, whose subscripts may say over what they are taken."""
NO_NAMES = frozenset(("partial", "nabla", "∂", "∇"))


@dataclass
class Names:
    """The decisions for one document: for every stem, what its scripts are.

    Fields hold stems: `indexed` have subscripts that are indices, `digits` have subscripts such as 12 that are
    two indices, `labelled` have superscripts that tell names apart, `functions` are applied to arguments,
    `bracketed` are read with indices in brackets, from 0 on, and of these `numbered` have subscripts beside the
    brackets that are numbers, which tell names apart: W_1[i, j]; `squares` are known by their square, as σ².
    `samples` have superscripts in parentheses over which the document sums: x^{(i)} is the i-th sample, an index.
    `steps` are `labelled` by bare superscripts: v^0, v^1 and v^k may be one sequence; those `apart` stand with a
    letter, and never with another superscript beside it or with a 0, so that w^1 says nothing of w^2.
    `counted` are the letters that stand in subscripts or above sums: x_T is the last of T steps.
    `roots` are known by their square, too, but have a formula of their own: σ = √(σ² + ε).
    `labels` are subscripts that are names themselves; `bold` are set in bold type somewhere; `zeros` have an index
    0 somewhere; `bare` stand somewhere without scripts; `activations` are functions of one number, applied to every
    entry; of those that are `primed` the document writes the slope, f'.
    `entries` with two indices are those of a matrix with the capital letter: x_{ij} of X.
    `raised` have superscripts that are indices, in y^i = Σ_j W^{ij} x^j; `kronecker` says that δ_{ij} is [i = j].
    `arguments` are what is differentiated by, in df/dx and in f'(x) = …: no whole numbers.
    `differentials` are gradients written dW, `called` stand before the parentheses of their arguments only, and
    `integrals` says whether dx is a differential under an integral. `euler` says
    whether e^z is an exponential: it is, unless the document says what e is or reads it with an index; `euler_alone`
    that e is that number without an exponent, too, as in e^2 + e + 1; `circle` that π
    is the number, which is nowhere a function, defined, or read with an index. `nouns` are words that stand right
    behind numbers only, and say what is counted: 64 \\text{ filters}. `log_base` is
    the base of logarithms without one, 0 for the natural ones, and `other_bases` are those that may be meant, too.
    `of_rows` says that the softmax of a matrix is taken of its rows, `identity` that I is the identity matrix.
    `of_several` are numbers that are written with the names that they depend on, f(x, y).
    """

    indexed: set[str] = field(default_factory=set)
    digits: set[str] = field(default_factory=set)
    labelled: set[str] = field(default_factory=set)
    samples: set[str] = field(default_factory=set)
    steps: set[str] = field(default_factory=set)
    apart: set[str] = field(default_factory=set)
    functions: set[str] = field(default_factory=set)
    index_names: set[str] = field(default_factory=set)
    stems: Counter[str] = field(default_factory=Counter)
    bracketed: set[str] = field(default_factory=set)
    numbered: set[str] = field(default_factory=set)
    squares: set[str] = field(default_factory=set)
    any_number: set[str] = field(default_factory=set)
    roots: set[str] = field(default_factory=set)
    counted: set[str] = field(default_factory=set)
    labels: set[str] = field(default_factory=set)
    bold: set[str] = field(default_factory=set)
    zeros: set[str] = field(default_factory=set)
    differentials: set[str] = field(default_factory=set)
    arguments: set[str] = field(default_factory=set)
    called: set[str] = field(default_factory=set)
    bare: set[str] = field(default_factory=set)
    activations: set[str] = field(default_factory=set)
    primed: set[str] = field(default_factory=set)
    raised: set[str] = field(default_factory=set)
    entries: dict[str, str] = field(default_factory=dict)
    kronecker: bool = False
    convolution: bool = False
    integrals: bool = False
    sigmoid: bool = False
    entrywise: bool = False
    euler: bool = True
    euler_alone: bool = False
    circle: bool = False
    nouns: set[str] = field(default_factory=set)
    averages: bool = False
    log_base: int = 0
    other_bases: frozenset[int] = frozenset()
    of_rows: bool = False
    of_several: set[str] = field(default_factory=set)
    identity: bool = False
