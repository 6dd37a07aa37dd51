"""One call: what is heard becomes turns of the conversation, and what they answer is spoken."""
