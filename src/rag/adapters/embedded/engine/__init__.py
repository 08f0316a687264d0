"""Qdrant's engine in a process of its own, behind the part of Qdrant's REST API that we use."""
