"""Other systems' protocols: plugins shipped for EDD, plugin-update-checker or Lemon Squeezy keep working."""
