"""What the services need from the outside, in the core's own words."""
