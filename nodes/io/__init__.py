"""Schemas and sockets of the nodes, and adapters between sockets and the core."""
