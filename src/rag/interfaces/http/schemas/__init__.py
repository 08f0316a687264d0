"""What do requests and replies look like? One file a resource."""
