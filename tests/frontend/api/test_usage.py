from mlx_llm_server.frontend.api.answer import Answer, usage_of
from mlx_llm_server.frontend.dispatcher import Started
from mlx_llm_server.protocol.messages import Aside, Delta, Model


def answered(prompt: int, completion: int, cached: int = 0) -> Answer:
    answer = Answer()
    answer.start(Started(Model("m", 0, 100), prompt))
    answer.count(Delta(1, tuple(range(completion)), "", None, Aside("hm", 2, cached_tokens=cached)))
    return answer


def test_the_usage_counts_every_delta_and_what_was_found_of_the_prompt() -> None:
    answer = answered(30, 2, 20)
    answer.take(Delta(1, (3,), "x", "stop"))

    assert usage_of([answer], 1) == {
        "prompt_tokens": 30,
        "completion_tokens": 3,
        "total_tokens": 33,
        "prompt_tokens_details": {"cached_tokens": 20},
        "completion_tokens_details": {"reasoning_tokens": 2},
    }


def test_a_prompt_counts_once_for_all_its_choices() -> None:
    answers = [answered(30, 1, 29), answered(30, 2, 20), answered(7, 3), answered(7, 4)]

    assert usage_of(answers, 2) == {
        "prompt_tokens": 37,
        "completion_tokens": 10,
        "total_tokens": 47,
        "prompt_tokens_details": {"cached_tokens": 20},
        "completion_tokens_details": {"reasoning_tokens": 8},
    }
