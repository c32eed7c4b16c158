"""What goes wrong between FinOps Guard and the world, as one table of cells and a run for each; docs/reliability.md."""
