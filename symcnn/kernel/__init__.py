"""The kernel: every way to make a Theorem, in the order in which the files depend on each other.

guards       conjunctions of polynomial conditions
scalars      functions of one argument in a unique form
signs        values that are positive by their form
derivative   the table of derivative rules
cells        terms in the space of their read coordinates
terms        formulas as sums of terms
zero         is a sum of cells zero everywhere: isl, z3
ring         rational identities by exact fractions
theorem      what a theorem is, and the seal
claim        equations with what is given
equality     the rule of equality, which uses all of the above
rules        theorems from theorems
bounds       of absolute values
induction    over a recurrence, over a size
limits       of saturating functions
roots        square roots and squares
moments      expectations
"""
