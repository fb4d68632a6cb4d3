"""The messages between a frontend and a worker; `docs/protocol.md` tells their order and meaning.

Rules kept here:

- A message is a frozen dataclass; its `type` on the wire is its key in `TYPES`.
- A field that is added later gets a default, so that either side may be one minor version ahead.
- A request's content is plain data (strings, numbers, lists); nothing is executable. What a client or a model
  wrote as JSON (a tool's definition, a call's arguments) stays a string of JSON.
- `POSITIONAL` classes are the parts of a message that travel as arrays instead of maps, for speed.

`generation` is the frontend's number for one choice of one request: unique for the life of a frontend, and
meaningless to any other.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass

PROTOCOL_VERSION = "3.0"
KV_STEP_TOKENS = 256


def same_major(version: str) -> bool:
    """Tell whether a peer that speaks `version` ("major.minor") can be talked to."""
    return version.partition(".")[0] == PROTOCOL_VERSION.partition(".")[0]


# --- parts -----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ToolCall:
    """A call of a tool, asked for by a model.

    Attributes:
        arguments: A JSON object.
        id: What a tool's answer refers to it by; from a worker it is empty unless the model gave one itself.
    """

    name: str
    arguments: str
    id: str = ""


@dataclass(frozen=True, slots=True)
class ChatMessage:
    """One message of a conversation, its text parts already joined.

    Attributes:
        content: Empty where there is none beside tool calls.
        reasoning: What an assistant thought before it answered.
        tool_calls: What an assistant called.
        tool_call_id: Which call a tool's message answers.
        name: Who of those with this role speaks.
    """

    role: str
    content: str
    reasoning: str = ""
    tool_calls: tuple[ToolCall, ...] = ()
    tool_call_id: str = ""
    name: str = ""


@dataclass(frozen=True, slots=True)
class TokenBias:
    """What is added to the logit of a token."""

    token: int
    bias: float


@dataclass(frozen=True, slots=True)
class Sampling:
    """How the next token is drawn, and what is told of it.

    The defaults are neutral. Bias and penalties come first, then the filters top_p, min_p, XTC and top_k, then the
    temperature. They are mlx-lm's, but for what presence and frequency penalty look at.

    Attributes:
        seed: 64 unsigned bits; the random key of a token is a function of (seed, position in the completion).
        temperature: 0 takes the most probable token.
        top_p: Probability mass of the nucleus; 1 keeps every token, 0 keeps the most probable one.
        repetition_penalty: 1 is off (https://arxiv.org/abs/1909.05858).
        repetition_context_size: How many of the latest tokens, the prompt's among them, the penalty looks at; 0
            looks at none.
        top_k: How many of the most probable tokens are kept, 0 keeps all; tokens tied with the last one stay.
        min_p: The least probability that is kept, relative to that of the most probable token.
        xtc_probability: How often, from 0 to 1, XTC takes away all tokens above the threshold but the least
            probable of them.
        xtc_threshold: A probability, up to 0.5.
        presence_penalty: Subtracted from the logit of every token that the completion holds, as OpenAI has it.
        presence_context_size: How many of the completion's latest tokens count; `None` for all.
        frequency_penalty: Subtracted as often as the completion holds the token.
        frequency_context_size: Likewise.
        logit_bias: Of different tokens.
        logprobs: Tell the log-probability of each token, by the model alone: before bias, penalties, temperature
            and filters.
        top_logprobs: Tell also those of so many of the most probable tokens, up to 20.
        min_tokens: No end-of-turn token and none of `stop_token_ids` is drawn before so many tokens are sampled.
        ignore_eos: The end-of-turn tokens end nothing.
        stop_token_ids: Tokens that end the completion and are no part of its text.
    """

    seed: int
    temperature: float = 1.0
    top_p: float = 1.0
    repetition_penalty: float = 1.0
    repetition_context_size: int = 20
    top_k: int = 0
    min_p: float = 0.0
    xtc_probability: float = 0.0
    xtc_threshold: float = 0.1
    presence_penalty: float = 0.0
    presence_context_size: int | None = None
    frequency_penalty: float = 0.0
    frequency_context_size: int | None = None
    logit_bias: tuple[TokenBias, ...] = ()
    logprobs: bool = False
    top_logprobs: int = 0
    min_tokens: int = 0
    ignore_eos: bool = False
    stop_token_ids: tuple[int, ...] = ()


CHAT_TEMPLATE, TOOLS, THINKING, THINKING_CHOICE = "chat_template", "tools", "thinking", "thinking_choice"
INFILLING = "infilling"
ABILITIES = (CHAT_TEMPLATE, TOOLS, THINKING, THINKING_CHOICE, INFILLING)
"""A chat template of its own; calls of tools; thoughts that are told from the text; a choice whether to think; and
filling in the middle between a prompt and a suffix."""


@dataclass(frozen=True, slots=True)
class Grammar:
    """What the text of an answer is held to; thoughts and tool calls are not.

    Attributes:
        kind: `"json_schema"`, `"regex"` or `"lark"` (llguidance's dialect of it).
        text: The schema as JSON, the expression, or the grammar.
        field: The request's field that it comes from, for errors to name.
    """

    kind: str
    text: str
    field: str


@dataclass(frozen=True, slots=True)
class CallRules:
    """What holds for an answer's calls.

    Attributes:
        required: The answer is calls, and nothing else.
        tool: The one that may be called; empty for any.
        parallel: There may be several calls.
        strict: Tools whose arguments must be held to their schema; without it they are if that can be done. Where
            a call is required, all are.
    """

    required: bool = False
    tool: str = ""
    parallel: bool = True
    strict: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Model:
    """What a worker serves.

    Attributes:
        id: The name clients use.
        created: Unix time in seconds, as OpenAI's model object has it.
        context_length: Tokens of prompt and completion together.
        abilities: What it can, of `ABILITIES`.
        template_options: What its chat template can be told beside messages, tools and whether to think.
    """

    id: str
    created: int
    context_length: int
    abilities: tuple[str, ...] = ()
    template_options: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class KvMemory:
    """What a worker's generations may take of its memory, and take.

    A row takes as much as the longest; but with `slack`, as one twice as long as it at most, or by so many tokens
    longer. All in steps of 256 tokens.

    Attributes:
        budget: Bytes, for the key-value caches of all that run.
        per_token: Bytes that each token of a row adds.
        per_row: Bytes of a row whatever its length: sliding windows and recurrent states, when they are full.
        slack: In tokens; None where rows have the memory of the longest.
    """

    budget: int
    per_token: int
    per_row: int = 0
    slack: int | None = None

    def needed(self, lengths: Sequence[int]) -> int:
        """Return the bytes that rows take which get so many tokens long, prompts and answers together."""
        longest = rounded(max(lengths, default=0))
        return self.size(len(lengths), sum(min(longest, self.room(length)) for length in lengths))

    def room(self, length: int) -> int:
        """Return the tokens that a row may have the memory of which gets so long, however long others are."""
        return sys.maxsize if self.slack is None else rounded(max(length + self.slack, 2 * length))

    def size(self, rows: int, tokens: int) -> int:
        """Return the bytes of so many rows with the memory of so many tokens."""
        return self.per_row * rows + self.per_token * tokens

    def most_tokens(self) -> int:
        """Return how long a row that runs alone can get."""
        steps = (self.budget - self.per_row) // max(1, self.per_token * KV_STEP_TOKENS)
        return max(0, steps) * KV_STEP_TOKENS


def rounded(tokens: int) -> int:
    """Return how many tokens mlx-lm's caches have memory for that hold so many."""
    return -(-tokens // KV_STEP_TOKENS) * KV_STEP_TOKENS


@dataclass(frozen=True, slots=True)
class Aside:
    """What an answer holds beside its text.

    Attributes:
        reasoning: The part of a thought that became certain.
        reasoning_tokens: How many of the delta's tokens belong to a thought, its marks included.
        tool_calls: The calls that became complete.
        cached_tokens: How many tokens of the prompt were found in the prefix cache; with the first delta of a
            generation that is not resumed.
        unread_calls: How many calls could not be read, or were cut, and became text.
    """

    reasoning: str = ""
    reasoning_tokens: int = 0
    tool_calls: tuple[ToolCall, ...] = ()
    cached_tokens: int = 0
    unread_calls: int = 0


@dataclass(frozen=True, slots=True)
class Alternative:
    """A token that might have come, by its bytes, and its log-probability."""

    token: bytes
    logprob: float


@dataclass(frozen=True, slots=True)
class TokenLogprob:
    """The log-probability of a token that was sampled.

    Attributes:
        token: Its bytes, which may be a part of a character.
        logprob: At least -9999, OpenAI's number for what is hardly possible.
        top: The most probable tokens, the most probable first.
    """

    token: bytes
    logprob: float
    top: tuple[Alternative, ...] = ()


@dataclass(frozen=True, slots=True)
class Logprobs:
    """Log-probabilities that came with a delta, and what becomes of those that came so far.

    Tokens and text are not in step: a token may wait to become a character, a stop string, a thought or a call. So
    entries queue up, and verdicts come when it is known what the oldest of them were. As all have been sent,
    a worker that resumes the generation needs to know their number alone.

    Attributes:
        entries: Of the delta's tokens; the token that ends a turn has none.
        verdicts: For the oldest entries, in turn: `n` above 0, so many are part of the content; below, `-n` are
            not.
    """

    entries: tuple[TokenLogprob, ...]
    verdicts: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class PromptLogprobs:
    """The log-probabilities of a part of a prompt's tokens, each by what stands before it.

    Attributes:
        start: Which of the prompt's tokens the first one is. A worker that begins anew tells all of them again.
        entries: Those of the tokens from there on; the prompt's first token has none, and 0 stands there.
    """

    start: int
    entries: tuple[TokenLogprob, ...]


@dataclass(frozen=True, slots=True)
class Delta:
    """What one step added to one generation.

    Attributes:
        tokens: The ids sampled since the last delta; the end-of-turn token is one of them.
        text: The text that became certain; it may lag behind the tokens (half a character, the beginning of a
            stop string), and is whole once `finish` is set.
        finish: `"stop"`, `"length"`, `"tool_calls"` or `"repetition"` in a generation's last delta, which is its
            terminal message.
        aside: Thoughts and tool calls, where there are any.
        logprobs: For generations that ask.
        prompt_logprobs: Likewise; all are told before the first token.
    """

    generation: int
    tokens: tuple[int, ...]
    text: str
    finish: str | None = None
    aside: Aside | None = None
    logprobs: Logprobs | None = None
    prompt_logprobs: PromptLogprobs | None = None


@dataclass(frozen=True, slots=True)
class Prefilled:
    """How many tokens of a generation's prompt are computed, or were found."""

    generation: int
    tokens: int


# --- worker to frontend ----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Hello:
    """First message of a worker, before it loads its model."""

    protocol: str
    worker: str
    pid: int
    model: str


@dataclass(frozen=True, slots=True)
class Loading:
    """How far the loading is: `done` of `total` bytes of weights (both 0 while that is unknown)."""

    stage: str
    done: int = 0
    total: int = 0


@dataclass(frozen=True, slots=True)
class Ready:
    """The worker takes generations from now on, `capacity` at a time.

    Attributes:
        kv_memory: What these may take together; None sets no bound.
    """

    model: Model
    capacity: int
    backend: str = ""
    kv_memory: KvMemory | None = None


@dataclass(frozen=True, slots=True)
class WorkerBeat:
    """Sign of life when no `Step` was due.

    Attributes:
        step: How many steps the engine did; prefill chunks are steps.
        still_seconds: How long the engine has been at what it does now; 0 while it waits for work.
    """

    step: int
    running: int
    still_seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class Accepted:
    """The prompt of a generation was rendered and fits; it waits for its turn in the batch."""

    generation: int
    prompt_tokens: int


@dataclass(frozen=True, slots=True)
class Step:
    """What an engine step produced for this frontend's generations. Also a sign of life.

    Attributes:
        prefilled: How far prompts are; told now and then.
    """

    step: int
    deltas: tuple[Delta, ...]
    prefilled: tuple[Prefilled, ...] = ()


@dataclass(frozen=True, slots=True)
class Failed:
    """Terminal: the generation can't be done, or the `Inspect` of this number not be answered.

    Attributes:
        kind: `"invalid"` where the request is at fault, `"internal"` where the worker is.
        param: The request's field at fault.
        code: OpenAI's error code, such as `context_length_exceeded`.
    """

    generation: int
    kind: str
    message: str
    param: str | None = None
    code: str | None = None


@dataclass(frozen=True, slots=True)
class Cancelled:
    """Terminal: the generation left the batch because the frontend asked for it."""

    generation: int


@dataclass(frozen=True, slots=True)
class Inspected:
    """The answer to `Inspect`.

    Attributes:
        tokens: Of the prompt.
        text: What they say, special tokens among them.
        pieces: What the vocabulary calls each of them, if that was asked for.
    """

    number: int
    tokens: tuple[int, ...]
    text: str
    pieces: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Leaving:
    """The worker takes nothing new and goes once its running generations are done."""

    reason: str


@dataclass(frozen=True, slots=True)
class Dead:
    """Last words: the worker can't go on, and nothing that it had is coming."""

    reason: str


# --- frontend to worker ----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Welcome:
    """Answer to `Hello`: the worker may load its model and report `Ready`."""

    protocol: str


@dataclass(frozen=True, slots=True)
class Refused:
    """Answer to `Hello`: this worker can't serve this frontend, now or later. It exits with 78."""

    reason: str


@dataclass(frozen=True, slots=True)
class Introduce:
    """The frontend does not know the sender (it was restarted, or gave the worker up): say `Hello` again.

    The worker first forgets every generation of this frontend.
    """


@dataclass(frozen=True, slots=True)
class FrontendBeat:
    """Sign of life of the frontend; a worker that hears none for long drops that frontend's generations."""


@dataclass(frozen=True, slots=True)
class Generate:
    """Do one generation.

    Attributes:
        role_mapping: Prefixes per role, used where the model has no chat template; `None` takes the defaults.
        stop: Strings that end the generation and are not part of its text; thoughts and tool calls are not
            searched for them.
        max_tokens: At most so many tokens are sampled; 0 only of a `prompt` or `prompt_tokens`.
        tools: What the model may call, each a JSON object in OpenAI's shape. Without any, no call is looked for.
        enable_thinking: Whether to think first; `None` leaves it to the model's template.
        resume: The ids that were sampled already, elsewhere: they are replayed silently, and the answer goes on
            behind them. They count towards `max_tokens`.
        cache_scope: Generations of one scope may use what each other left in the prefix cache.
        prompt: The text to go on from in place of `messages`, without any template; its answer is text alone.
        prompt_tokens: The same as ids.
        continue_final_message: Go on with the last message, an assistant's, and begin no new one.
        template_options: What the chat template is told besides, as a JSON object; "" is nothing.
        break_repetition: End the generation (`finish` `"repetition"`) once it goes round in a circle.
        grammar: What the answer's text is held to.
        calls: What holds for calls of `tools`.
        thinking_budget: After so many tokens of thoughts, their marks not counted, a thought is ended; `None` is
            never.
        prompt_logprobs: Tell the log-probabilities of the prompt's tokens, and of so many of the most probable
            ones at each place; `None` tells none. Only of a `prompt` or `prompt_tokens`.
        suffix: What follows the answer to a `prompt` or `prompt_tokens`; `None` leaves its end open.
        traceparent: The span that the worker's are children of (https://www.w3.org/TR/trace-context/); "" is none.
    """

    generation: int
    messages: tuple[ChatMessage, ...]
    sampling: Sampling
    max_tokens: int
    stop: tuple[str, ...] = ()
    role_mapping: dict[str, str] | None = None
    tools: tuple[str, ...] = ()
    enable_thinking: bool | None = None
    resume: tuple[int, ...] = ()
    cache_scope: str = ""
    prompt: str | None = None
    prompt_tokens: tuple[int, ...] = ()
    continue_final_message: bool = False
    template_options: str = ""
    break_repetition: bool = False
    grammar: Grammar | None = None
    calls: CallRules = CallRules()
    thinking_budget: int | None = None
    prompt_logprobs: int | None = None
    suffix: str | None = None
    traceparent: str = ""

    @property
    def source(self) -> str:
        """The field of a client's request that the prompt is made of."""
        return "messages" if self.prompt is None and not self.prompt_tokens else "prompt"


@dataclass(frozen=True, slots=True)
class Inspect:
    """Say what a request's prompt is, in tokens and text, and generate nothing.

    Attributes:
        number: Of the same series as generations.
        special_tokens: Whether a `prompt` gets what the tokenizer puts around every text.
        generation_prompt: Whether messages are followed by the beginning of the assistant's turn.
        pieces: Tell also what the vocabulary calls each token.
    """

    number: int
    request: Generate
    special_tokens: bool = True
    generation_prompt: bool = True
    pieces: bool = False


@dataclass(frozen=True, slots=True)
class Cancel:
    """Stop a generation. Idempotent; for an unknown one nothing happens, as its terminal is on its way."""

    generation: int


@dataclass(frozen=True, slots=True)
class ClearPrefixCache:
    """Forget what the prefix cache holds, of every scope and for every frontend."""


FromWorker = (
    Hello | Loading | Ready | WorkerBeat | Accepted | Step | Failed | Cancelled | Inspected | Leaving | Dead
)
FromFrontend = Welcome | Refused | Introduce | FrontendBeat | Generate | Cancel | ClearPrefixCache | Inspect
Message = FromWorker | FromFrontend

TYPES: dict[str, type[Message]] = {
    "hello": Hello,
    "loading": Loading,
    "ready": Ready,
    "worker_beat": WorkerBeat,
    "accepted": Accepted,
    "step": Step,
    "failed": Failed,
    "cancelled": Cancelled,
    "inspected": Inspected,
    "leaving": Leaving,
    "dead": Dead,
    "welcome": Welcome,
    "refused": Refused,
    "introduce": Introduce,
    "frontend_beat": FrontendBeat,
    "generate": Generate,
    "cancel": Cancel,
    "clear_prefix_cache": ClearPrefixCache,
    "inspect": Inspect,
}
POSITIONAL = (
    ToolCall, ChatMessage, TokenBias, Sampling, Grammar, CallRules, Model, KvMemory, Aside, Alternative,
    TokenLogprob, Logprobs, PromptLogprobs, Delta, Prefilled, Generate,
)  # fmt: skip
