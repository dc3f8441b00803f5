"""Read text, judge it, split, remove numbers, render."""
