"""A stand-in for the outside world, written from the protocol pages; no code of the clients."""
