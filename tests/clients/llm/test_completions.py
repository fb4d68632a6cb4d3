from __future__ import annotations

from ..questions import SUM, SUM_IS
from .conftest import Llm


def test_a_prompt_is_gone_on_with(llm: Llm) -> None:
    turn = f"<|im_start|>user\n{SUM}<|im_end|>\n<|im_start|>assistant\n"

    assert llm("-m", "demo-completion", "-o", "temperature", "0", read=turn).stdout.strip() == SUM_IS
