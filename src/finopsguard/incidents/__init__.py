"""The life of a story, from the first day that is told to the last."""
