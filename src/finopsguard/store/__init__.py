"""Where everything that is kept lies: one table of keys, and the two places that hold them."""
