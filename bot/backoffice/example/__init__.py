"""The example company's own system, with a real database: what a demonstration and tests run against."""
