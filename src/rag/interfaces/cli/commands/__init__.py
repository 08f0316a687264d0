"""One file a command: what it accepts, which service it calls, what it prints."""
