"""Finding the texts of the program, and the catalogues that translate them."""
