from __future__ import annotations

from llama_index.llms.openai_like import OpenAILike

from ..questions import SUM, SUM_IS
from ..running import Running

TURN = f"<|im_start|>user\n{SUM}<|im_end|>\n<|im_start|>assistant\n"


def test_a_prompt_is_gone_on_with_whole_and_streamed(server: Running) -> None:
    model = OpenAILike(model="any", api_base=server.base_url, api_key=server.key, temperature=0)

    assert model.complete(TURN).text == SUM_IS
    assert "".join(piece.delta or "" for piece in model.stream_complete(TURN)) == SUM_IS
