"""What is sold: products, plans and prices."""
