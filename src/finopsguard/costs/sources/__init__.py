"""Where costs come from: Cost Explorer, mock data, a file."""
