"""`POST /v1/chat/completions`: https://platform.openai.com/docs/api-reference/chat."""

from __future__ import annotations

from dataclasses import replace
from typing import ClassVar

from ...protocol.messages import Generate
from .answer import Answer
from .chunks import ChatChunks, Chunks
from .generations import GenerationHandler, choices_of, drawn_seed
from .schema import ChatRequest, parse_chat_request


class ChatCompletions(GenerationHandler):
    """Answers one conversation, whole or as a stream."""

    kind: ClassVar[str] = "chat.completion"
    id_prefix: ClassVar[str] = "chatcmpl"
    operation: ClassVar[str] = "chat"

    async def on_post(self) -> None:
        """Answer."""
        self._chat: ChatRequest = parse_chat_request(self.body, self.services.rules)
        generates = choices_of(to_generate(self._chat), self._chat.choices)
        answers = [Answer(with_logprobs=bool(self._chat.logprobs)) for _ in generates]
        await self.answer(self._chat, generates, answers)

    def chunks(self, model: str) -> Chunks:
        """Return what renders a stream."""
        return ChatChunks(self.completion_id, self.created, model, self._chat.with_usage)


def to_generate(request: ChatRequest) -> Generate:
    """Return the request as a worker gets it; without a seed, one is drawn here."""
    return replace(
        request.prompt(request.sampling(drawn_seed()), request.token_limit),
        stop=request.stops,
        break_repetition=bool(request.break_repetition),
        grammar=request.grammar,
        calls=request.call_rules,
    )
