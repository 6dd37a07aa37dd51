"""A Rasa 3 project as data: what its files say, checked, before any engine runs it."""
