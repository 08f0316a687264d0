"""Which routes are there? One file a resource."""
