from __future__ import annotations

from typing import Any

import litellm
import pytest

from ..questions import SUM, SUM_IS

TURN = f"<|im_start|>user\n{SUM}<|im_end|>\n<|im_start|>assistant\n"


@pytest.mark.parametrize("stream", [False, True], ids=["whole", "streamed"])
def test_a_prompt_is_gone_on_with(where: dict[str, Any], stream: bool) -> None:
    where |= {"model": "text-completion-openai/any"}
    answer = litellm.text_completion(prompt=TURN, temperature=0, stream=stream, **where)

    chunks = list(answer) if stream else [answer]
    assert "".join(chunk.choices[0].text or "" for chunk in chunks) == SUM_IS
