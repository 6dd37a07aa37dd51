"""Plays question sets through the product and measures the answers."""
