from __future__ import annotations

from langchain_openai import OpenAI
from pydantic import SecretStr

from ..questions import SUM, SUM_IS
from ..running import Running

TURN = f"<|im_start|>user\n{SUM}<|im_end|>\n<|im_start|>assistant\n"


def test_a_prompt_is_gone_on_with_whole_and_streamed(server: Running) -> None:
    model = OpenAI(model="any", base_url=server.base_url, api_key=SecretStr(server.key), temperature=0)

    assert model.invoke(TURN) == SUM_IS
    assert "".join(model.stream(TURN)) == SUM_IS
