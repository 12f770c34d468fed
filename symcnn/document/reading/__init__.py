"""From text to trees that lose nothing."""
