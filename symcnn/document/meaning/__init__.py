"""From trees to formulas of index notation."""
