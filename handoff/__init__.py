"""From the bot to a human and back."""
