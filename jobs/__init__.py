"""RQ: task functions, queue, worker and clock. Jobs carry ids only."""
