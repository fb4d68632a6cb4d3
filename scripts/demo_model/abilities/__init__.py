"""What the model learns, an ability a module."""
