"""One fake a port, for tests: each keeps the port's promises in memory, and nothing in production uses it."""
