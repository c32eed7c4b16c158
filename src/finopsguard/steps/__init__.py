"""The steps of the state machine: one module per step, named after its state."""
