"""Moving in: licenses, customers, products and sites from the systems that vendors come from."""
