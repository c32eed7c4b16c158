"""The built template deployed to an emulator of AWS, with IAM enforced: `make e2e`."""
