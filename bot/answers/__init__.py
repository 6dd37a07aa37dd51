"""From an article to an answer on a channel."""
