"""The unrolled matrix of a layer: A from its formula, B from its derived gradient, and B = Aᵀ.

    parts      integer triples (row, column, weight id), and the independent parts of one term
    expand     all entries from the parts, at the speed of filling the arrays
    relation   the matrix of a linear map between flattened tensors
    compare    two relations, exactly; B against Aᵀ
    tabulate   a formula at concrete sizes → its relation
    reading    the convolution that B performs, read off from its entries
    show       names, LaTeX, text, SymPy
    instance   all of it for one convolution
"""

from symcnn.matrix.compare import Difference, TransposeCheck, check_transpose, difference, same
from symcnn.matrix.instance import Comparison, Instance, SymbolicCheck, instance
from symcnn.matrix.reading import AxisReading, KernelReading, kernels_read_off
from symcnn.matrix.parts import Triples, Weights
from symcnn.matrix.relation import Unrolled
from symcnn.matrix.show import entry_names, kernel_names, latex, plain, sympy_jacobian, text, to_sympy, vector
from symcnn.matrix.tabulate import unrolled

__all__ = [
    "AxisReading", "Comparison", "Difference", "Instance", "KernelReading", "SymbolicCheck", "TransposeCheck",
    "Triples", "Unrolled", "Weights", "check_transpose", "difference", "entry_names", "instance",
    "kernel_names", "kernels_read_off", "latex", "plain", "same", "sympy_jacobian", "text", "to_sympy",
    "unrolled", "vector",
]
