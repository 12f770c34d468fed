"""Index notation: polynomials of indices and sizes, tensors, formulas, and the reader of formulas."""
