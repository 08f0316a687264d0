"""One file, one verb, one use case."""
