"""The HTTP side that every surface shares: sign-in, protection, health, pages."""
