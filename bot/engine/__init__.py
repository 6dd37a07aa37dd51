"""The built-in engine: runs a Rasa 3 project in process, NLU and dialogue."""
