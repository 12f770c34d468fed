"""What a document claims, and how it writes its names."""
