"""The command line: one table of commands, each a thin call. May import everything."""
