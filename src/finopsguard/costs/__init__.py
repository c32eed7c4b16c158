"""Where costs come from (Cost Explorer, mock data) and how they are kept (Parquet)."""
