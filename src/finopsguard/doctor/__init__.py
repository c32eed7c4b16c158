"""Whether FinOps Guard can work here: a list of checks, each of which asks one thing and says what it found."""
