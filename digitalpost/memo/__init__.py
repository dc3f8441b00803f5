"""MeMo, the message format of the national Digital Post: what it says, written and read."""
