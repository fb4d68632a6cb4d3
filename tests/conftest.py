"""What all tests share."""

from hypothesis import settings
from mlx_llm_server.worker.blas import prefer_openblas

# Models that run within the tests compute as a worker's do, and not several times slower.
prefer_openblas()

# No deadline: how long an example takes says nothing about its truth, and a busy machine is slow.
settings.register_profile("mlx-llm-server", deadline=None, max_examples=50)
settings.load_profile("mlx-llm-server")
