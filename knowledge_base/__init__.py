"""Articles: how they are read, indexed, found and edited."""
