from mlx_llm_server.frontend.api.answer import Answer
from mlx_llm_server.frontend.dispatcher import Started
from mlx_llm_server.protocol.messages import Aside, Delta, Model


def test_the_usage_counts_every_delta_and_what_was_found_of_the_prompt() -> None:
    answer = Answer()
    answer.start(Started(Model("m", 0, 100), 30))
    answer.count(Delta(1, (1, 2), "", None, Aside("hm", 2, cached_tokens=20)))
    answer.take(Delta(1, (3,), "x", "stop"))

    assert answer.usage() == {
        "prompt_tokens": 30,
        "completion_tokens": 3,
        "total_tokens": 33,
        "prompt_tokens_details": {"cached_tokens": 20},
        "completion_tokens_details": {"reasoning_tokens": 2},
    }
