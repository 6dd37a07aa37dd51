"""The tasks that finish in the dialogue: what each asks, checks and does. Both engines run them."""
