"""docs/guia.md followed chapter by chapter in a fresh clone, against the emulator of `make e2e`: `make rehearse`."""
