"""One module per way a customer reaches us."""
