"""Reading other people's documents, and what holds in them."""
