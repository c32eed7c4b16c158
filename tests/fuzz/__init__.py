"""Anything at all at each border: what comes of it is a valid result or a named error of our tree, soon.

A file for each border. In the suite each property tries a few examples; `make fuzz` tries many others.
"""
