"""What all tests share."""

from hypothesis import settings

# No deadline: how long an example takes says nothing about its truth, and a busy machine is slow.
settings.register_profile("mlx-llm-server", deadline=None, max_examples=50)
settings.load_profile("mlx-llm-server")
