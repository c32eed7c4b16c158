"""Which release this is: pyproject.toml's version, held to it by a test.

In Lambda's layer and in the container there is no metadata of an installed package that it could be read from.
"""

VERSION = "0.1.0"
