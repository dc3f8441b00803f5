<<<<<<< HEAD
"""The command line: one table of commands, each a thin call of a use case. May import everything."""
=======
"""The command line: one table of commands, each a thin call. May import everything."""
>>>>>>> ops
