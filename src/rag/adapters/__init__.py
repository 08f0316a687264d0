"""One vendor each: how the outside gives the services what the ports promise."""
