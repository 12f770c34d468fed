"""Lines that show matrices: entry by entry, pooled, convolved, unrolled."""
