"""What every node declares and carries: schemas, sockets, and what stands between sockets and the core."""
