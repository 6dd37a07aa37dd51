"""The truth: conversations, events, handoffs, articles, people, deliveries; SQLite or PostgreSQL."""
