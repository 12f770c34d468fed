"""Kinds of lines: equations, definitions, bounds, recurrences, gradients."""
