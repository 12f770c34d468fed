"""Faults in the use of indices, found by looking: no solver is needed to name them."""

from __future__ import annotations

from symcnn.notation.expression import Binder, Expression, Sum, Value, free_indices, walk


def scope_faults(left: Expression, right: Expression) -> list[str]:
    """Sentences about indices that are free on one side only, summed and free at once, or summed in vain.

    An equation with such a fault can still be true (a right side may not depend on one of the left's
    indices), so a fault explains a refutation and never makes one.
    """
    on_left, on_right = free_indices(left), free_indices(right)
    bound = {side: {r.variable for n in walk(e) if isinstance(n, Sum) for r in n.ranges}
             for side, e in (("left", left), ("right", right))}
    faults = [f"{s.name} is free on the right and absent on the left"
              for s in sorted(on_right - on_left - bound["left"])]
    faults += [f"{s.name} is free on the right and summed on the left"
               for s in sorted((on_right - on_left) & bound["left"])]
    faults += [f"{s.name} is summed on the right and free on the left"
               for s in sorted(on_left & bound["right"])]
    for node in (*walk(left), *walk(right)):
        if isinstance(node, Binder) and not isinstance(node.body, Value):
            used = free_indices(node.body) | {s for r in node.ranges for p in (r.lower, r.upper)
                                              if p is not None for s in p.symbols}
            told = "summed but absent from the summand" if isinstance(node, Sum) else "not in what the maximum is over"
            faults += [f"{r.variable.name} is {told}" for r in node.ranges if r.variable not in used]
    return list(dict.fromkeys(faults))
