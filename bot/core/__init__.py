"""Types, ports and errors that everything else may import; imports nothing of ours."""
