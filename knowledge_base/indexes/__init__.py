"""Vector indexes, one module each."""
