"""Calls that we make: when one may be placed (`schedule`), through what (`ami`), and by whom (`dialer`)."""
