"""The telephone: a call becomes turns, turns become speech."""
