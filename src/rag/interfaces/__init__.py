"""Translation between the outside's words and the services'."""
