"""Why a frontend is not ready, in words."""

from mlx_llm_server.frontend.api.status import why_not_ready
from mlx_llm_server.frontend.dispatcher import Expecting
from mlx_llm_server.protocol.messages import Leaving, Loading

from ..driver import A, B, Driver, hello


def test_the_reason_follows_the_workers_states() -> None:
    driver = Driver()
    assert why_not_ready(driver.dispatcher) == "no worker is connected"

    driver.handle(Expecting(1))
    assert why_not_ready(driver.dispatcher) == "the workers are being started"

    driver.hear(A, hello(1))
    driver.hear(A, Loading("Importing MLX"))
    assert why_not_ready(driver.dispatcher) == "worker-1 is loading: Importing MLX"

    driver.hear(A, Loading("weights", 1, 2))
    assert why_not_ready(driver.dispatcher) == "worker-1 is loading: weights (50 %)"

    driver.join(B)
    driver.hear(B, Leaving("told to stop"))
    assert why_not_ready(driver.dispatcher) == "worker-1 is loading: weights (50 %)"

    driver.drain(A)
    assert why_not_ready(driver.dispatcher) == "worker-1 is draining; worker-2 is leaving"

    driver.handle(Expecting(1, "worker-1 ended 5 times"))
    assert why_not_ready(driver.dispatcher) == "worker-1 ended 5 times"
