"""What a document says of its names: sizes, ranges, conditions, definitions and how they depend on each other."""
