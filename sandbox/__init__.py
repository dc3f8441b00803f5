"""A stand-in for the outside world, written from the protocol pages, sharing no code with the channels."""
