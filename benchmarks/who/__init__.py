"""Who acted: labelled incidents in accounts full of other events, and controls without an act."""
