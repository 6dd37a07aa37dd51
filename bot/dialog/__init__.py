"""From what was understood to what is said: the policy, its phrases and the turn itself."""
