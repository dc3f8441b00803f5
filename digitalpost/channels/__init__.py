"""The ways out, behind one small interface."""
