"""Files and people that the suite and the benchmarks work on: all invented, made anew each time."""
