from __future__ import annotations

from typing import Any

import openai

from ..questions import SUM, SUM_IS

TURN = f"<|im_start|>user\n{SUM}<|im_end|>\n<|im_start|>assistant\n"


def test_a_prompt_is_gone_on_with(client: openai.OpenAI) -> None:
    answer = client.completions.create(model="any", prompt=TURN, temperature=0)

    assert answer.object == "text_completion"
    assert answer.choices[0].text == SUM_IS
    assert answer.choices[0].finish_reason == "stop"


def test_a_completion_is_streamed(client: openai.OpenAI) -> None:
    options: Any = {"include_usage": True}
    with client.completions.create(
        model="any", prompt=TURN, temperature=0, stream=True, stream_options=options
    ) as stream:
        *chunks, last = stream

    assert "".join(chunk.choices[0].text for chunk in chunks) == SUM_IS
    assert last.usage is not None
    assert last.usage.completion_tokens > 0


def test_several_prompts_have_answers_and_log_probabilities(client: openai.OpenAI) -> None:
    answer = client.completions.create(
        model="any", prompt=[TURN, TURN.replace("25", "26")], temperature=0, logprobs=2
    )

    assert [choice.text for choice in answer.choices] == ["42", "43"]
    assert answer.choices[1].logprobs is not None
    assert "".join(answer.choices[1].logprobs.tokens or ()) == "43"


def test_a_prompt_is_echoed(client: openai.OpenAI) -> None:
    answer = client.completions.create(model="any", prompt=TURN, temperature=0, echo=True)

    assert answer.choices[0].text == TURN + SUM_IS
