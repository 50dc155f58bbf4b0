"""What is shipped: uploaded versions and minted download links."""
