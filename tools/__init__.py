"""What make runs on a checkout beside the product: deploy with SAM, release, bill of materials."""
