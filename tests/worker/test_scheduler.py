"""Each transition of a generation, as told at the top of `worker/scheduler.py`."""

from dataclasses import replace
from typing import Any

import pytest
from mlx_llm_server.protocol.messages import (
    Accepted,
    Alternative,
    Aside,
    Cancelled,
    ChatMessage,
    Delta,
    Failed,
    Generate,
    Grammar,
    KvMemory,
    Logprobs,
    Prefilled,
    PromptLogprobs,
    Sampling,
    Step,
    TokenLogprob,
    ToolCall,
)
from mlx_llm_server.worker.answer import AnswerParser, Pair
from mlx_llm_server.worker.ledger import Ledger, TokenLogprobs
from mlx_llm_server.worker.repetition import LEAST_TOKENS
from mlx_llm_server.worker.scheduler import (
    Action,
    CancelRequested,
    Event,
    FrontendLost,
    Insert,
    Key,
    Prepare,
    Prepared,
    Remove,
    Requested,
    Scheduler,
    Scored,
    Send,
    Stepped,
    Token,
    Unprepared,
)
from mlx_llm_server.worker.text import ParsedTextStream, TextStream


class Letters:
    """Token 97 is "a" and so on; token 0 is half a character that its successor completes."""

    def __init__(self) -> None:
        self._new = ""
        self._half = False

    @property
    def last_segment(self) -> str:
        new, self._new = self._new, ""
        return new

    def add_token(self, token: int) -> None:
        if token < 0:
            raise ValueError("no such token")
        self._new += "" if token == 0 else ("é" if self._half else chr(token))
        self._half = token == 0

    def finalize(self) -> None:
        if self._half:
            self._new += "\ufffd"


K1, K2, OTHER = Key(0, 1), Key(0, 2), Key(1, 1)


def request(number: int = 1, max_tokens: int = 10, stop: tuple[str, ...] = ()) -> Generate:
    return Generate(number, (ChatMessage("user", "hi"),), Sampling(7, 0.5), max_tokens, stop)


def prepared(key: Key, length: int = 3, stop: tuple[str, ...] = ()) -> Prepared:
    return Prepared(key, list(range(length)), TextStream(Letters(), stop))


def running(*keys: Key, stop: tuple[str, ...] = ()) -> Scheduler:
    """Return a scheduler that runs these generations."""
    scheduler = Scheduler(100)
    for key in keys:
        scheduler.handle(Requested(key.frontend, request(key.generation, stop=stop)))
        scheduler.handle(prepared(key, stop=stop))
    return scheduler


def stepped(*tokens: Token, step: int = 5) -> Stepped:
    return Stepped(step, list(tokens))


def test_a_request_is_prepared() -> None:
    scheduler = Scheduler(100)

    assert scheduler.handle(Requested(0, request())) == [Prepare(K1, request())]
    assert scheduler.running(0) == 1
    assert not scheduler.idle


def test_the_same_request_again_changes_nothing() -> None:
    assert running(K1).handle(Requested(0, request())) == []


def test_a_prepared_prompt_is_accepted_and_joins_the_batch() -> None:
    scheduler = Scheduler(100)
    scheduler.handle(Requested(0, request()))

    assert scheduler.handle(prepared(K1)) == [
        Send(0, Accepted(1, 3)),
        Insert(K1, [0, 1, 2], Sampling(7, 0.5), 10, cache_scope=""),
    ]


@pytest.mark.parametrize(("length", "max_tokens"), [(90, 10), (95, 5), (99, 1)])
def test_an_answer_is_no_longer_than_the_context_leaves_room_for(length: int, max_tokens: int) -> None:
    scheduler = Scheduler(100)
    scheduler.handle(Requested(0, request(max_tokens=10)))

    insert = scheduler.handle(prepared(K1, length))[1]

    assert isinstance(insert, Insert)
    assert insert.max_tokens == max_tokens


@pytest.mark.parametrize("length", [100, 101, 5000])
def test_a_prompt_that_leaves_no_room_is_invalid_and_named_with_its_length(length: int) -> None:
    scheduler = Scheduler(100)
    scheduler.handle(Requested(0, request()))

    (send,) = scheduler.handle(prepared(K1, length))

    assert isinstance(send, Send)
    assert isinstance(send.message, Failed)
    assert (send.message.kind, send.message.param) == ("invalid", "messages")
    assert send.message.code == "context_length_exceeded"
    assert "100 tokens" in send.message.message
    assert f"{length} tokens" in send.message.message
    assert scheduler.idle


def test_a_prompt_that_can_not_be_made_fails_its_request() -> None:
    scheduler = Scheduler(100)
    scheduler.handle(Requested(0, request()))

    assert scheduler.handle(Unprepared(K1, "invalid", "no", "messages")) == [
        Send(0, Failed(1, "invalid", "no", "messages"))
    ]
    assert scheduler.idle


def test_the_tokens_of_a_step_go_to_a_frontend_in_one_message() -> None:
    scheduler = running(K1, K2)

    assert scheduler.handle(stepped(Token(K1, 97, None), Token(K2, 98, None))) == [
        Send(0, Step(5, (Delta(1, (97,), "a"), Delta(2, (98,), "b"))))
    ]


def test_each_frontend_gets_its_own_even_under_the_same_number() -> None:
    scheduler = running(K1, OTHER)

    assert scheduler.handle(stepped(Token(K1, 97, None), Token(OTHER, 98, None))) == [
        Send(0, Step(5, (Delta(1, (97,), "a"),))),
        Send(1, Step(5, (Delta(1, (98,), "b"),))),
    ]


def test_a_token_without_text_is_still_told() -> None:
    scheduler = running(K1)

    assert scheduler.handle(stepped(Token(K1, 0, None))) == [Send(0, Step(5, (Delta(1, (0,), ""),)))]
    assert scheduler.handle(stepped(Token(K1, 1, None))) == [Send(0, Step(5, (Delta(1, (1,), "é"),)))]


def test_a_step_without_tokens_says_nothing() -> None:
    assert running(K1).handle(stepped()) == []


def test_the_end_of_turn_token_ends_a_generation_and_is_no_text() -> None:
    scheduler = running(K1)

    assert scheduler.handle(stepped(Token(K1, 99, "stop"))) == [Send(0, Step(5, (Delta(1, (99,), "", "stop"),)))]
    assert scheduler.idle


def test_the_last_token_of_a_full_answer_is_text() -> None:
    scheduler = running(K1)

    assert scheduler.handle(stepped(Token(K1, 97, "length"))) == [
        Send(0, Step(5, (Delta(1, (97,), "a", "length"),)))
    ]
    assert scheduler.idle


@pytest.mark.parametrize("finish", ["stop", "length"])
def test_what_was_held_back_comes_with_the_end(finish: str) -> None:
    scheduler = running(K1, stop=("ab!",))
    scheduler.handle(stepped(Token(K1, ord("a"), None)))
    (send,) = scheduler.handle(stepped(Token(K1, ord("b"), finish)))

    assert isinstance(send, Send)
    assert isinstance(send.message, Step)
    assert send.message.deltas[0].text == ("a" if finish == "stop" else "ab")


def test_half_a_character_at_the_end_is_left_out() -> None:
    scheduler = running(K1)

    assert scheduler.handle(stepped(Token(K1, 0, "length"))) == [Send(0, Step(5, (Delta(1, (0,), "", "length"),)))]


def test_a_stop_string_ends_a_generation_and_takes_it_out_of_the_batch() -> None:
    scheduler = running(K1, K2, stop=("ab",))
    scheduler.handle(stepped(Token(K1, ord("a"), None)))

    assert scheduler.handle(stepped(Token(K1, ord("b"), None), Token(K2, ord("x"), None))) == [
        Send(0, Step(5, (Delta(1, (ord("b"),), "", "stop"), Delta(2, (ord("x"),), "x")))),
        Remove((K1,)),
    ]
    assert scheduler.running(0) == 1


def test_a_stop_string_in_the_last_token_is_a_stop_and_the_batch_has_let_go_of_it_already() -> None:
    scheduler = running(K1, stop=("a",))

    assert scheduler.handle(stepped(Token(K1, ord("a"), "length"))) == [
        Send(0, Step(5, (Delta(1, (ord("a"),), "", "stop"),)))
    ]
    assert scheduler.idle


def test_the_tokens_of_a_generation_that_is_gone_are_ignored() -> None:
    scheduler = running(K1, stop=("a",))
    scheduler.handle(stepped(Token(K1, ord("a"), None)))

    assert scheduler.handle(stepped(Token(K1, ord("b"), None))) == []
    assert scheduler.handle(stepped(Token(K1, ord("b"), "length"))) == []


def parser(*, thinking: bool = False) -> AnswerParser:
    """Return a parser of thoughts between `(` and `)` and calls between `[` and `]`."""
    return AnswerParser(
        Pair("(", ")"), Pair("[", "]"), lambda name: (ToolCall(name, "{}"),) if name else (), thinking=thinking
    )


def parsing(thinking: bool = False) -> Scheduler:
    """Return a scheduler with a generation that may think and call."""
    scheduler = Scheduler(100)
    scheduler.handle(Requested(0, request()))
    text = ParsedTextStream(Letters(), (), parser(thinking=thinking))
    scheduler.handle(Prepared(K1, [1], text))
    return scheduler


def said(scheduler: Scheduler, letters: str, finish: str | None = None) -> list[Delta]:
    """Return the deltas of an answer's letters; a finish comes with the last one."""
    deltas = []
    for index, letter in enumerate(letters):
        last = finish if index == len(letters) - 1 else None
        (send,) = scheduler.handle(stepped(Token(K1, ord(letter), last)))
        assert isinstance(send, Send)
        assert isinstance(send.message, Step)
        deltas.extend(send.message.deltas)
    return deltas


def test_thoughts_and_calls_come_beside_the_text() -> None:
    deltas = said(parsing(), "(a)b[f]!", "stop")

    assert [delta.text for delta in deltas] == ["", "", "", "b", "", "", "", ""]
    assert [delta.aside for delta in deltas] == [
        Aside("", 1),
        Aside("a", 1),
        Aside("", 1),
        None,
        None,
        None,
        Aside("", 0, (ToolCall("f", "{}"),)),
        None,
    ]
    assert deltas[-1].finish == "tool_calls"


@pytest.mark.parametrize(
    ("letters", "finish", "reason"),
    [
        ("[f]x", "stop", "tool_calls"),
        ("[f]x", "length", "length"),
        ("[f!", "stop", "tool_calls"),
        ("[]!", "stop", "stop"),
    ],
)
def test_a_turn_that_ends_with_calls_delivered_ends_for_them(letters: str, finish: str, reason: str) -> None:
    assert said(parsing(), letters, finish)[-1].finish == reason


def test_a_call_that_the_length_cuts_is_text() -> None:
    last = said(parsing(), "a[f", "length")[-1]

    assert (last.text, last.finish, last.aside) == ("[f", "length", Aside(unread_calls=1))


def test_what_the_prompt_opened_is_a_thought() -> None:
    first, last = said(parsing(thinking=True), "a!", "stop")

    assert (first.text, first.aside) == ("", Aside("a", 1))
    assert (last.text, last.aside, last.finish) == ("", None, "stop")


def test_tokens_that_are_no_text_fail_their_row_alone() -> None:
    scheduler = running(K1, K2)

    actions = scheduler.handle(stepped(Token(K1, -1, None), Token(K2, ord("x"), None)))

    send, failed, remove = actions
    assert send == Send(0, Step(5, (Delta(2, (ord("x"),), "x"),)))
    assert isinstance(failed, Send)
    assert isinstance(failed.message, Failed)
    assert (failed.message.generation, failed.message.kind) == (1, "internal")
    assert remove == Remove((K1,))
    assert scheduler.running(0) == 1


def test_a_running_generation_is_cancelled_once() -> None:
    scheduler = running(K1)

    assert scheduler.handle(CancelRequested(K1.frontend, K1.generation)) == [Remove((K1,)), Send(0, Cancelled(1))]
    assert scheduler.handle(CancelRequested(K1.frontend, K1.generation)) == []
    assert scheduler.idle


def test_a_generation_whose_prompt_is_under_way_is_cancelled_without_the_batch() -> None:
    scheduler = Scheduler(100)
    scheduler.handle(Requested(0, request()))

    assert scheduler.handle(CancelRequested(K1.frontend, K1.generation)) == [Send(0, Cancelled(1))]


@pytest.mark.parametrize(
    "late",
    [prepared(K1), Unprepared(K1, "invalid", "no"), stepped(Token(K1, 97, "stop"))],
    ids=lambda e: type(e).__name__,
)
def test_what_comes_after_a_cancel_is_ignored(late: Event) -> None:
    scheduler = Scheduler(100)
    scheduler.handle(Requested(0, request()))
    scheduler.handle(CancelRequested(K1.frontend, K1.generation))

    assert scheduler.handle(late) == []
    assert scheduler.idle


def test_cancelling_what_is_unknown_does_nothing() -> None:
    assert running(K1).handle(CancelRequested(OTHER.frontend, OTHER.generation)) == []


def test_a_lost_frontend_takes_its_generations_with_it_and_no_others() -> None:
    scheduler = running(K1, OTHER, K2)
    scheduler.handle(Requested(0, request(3)))

    assert scheduler.handle(FrontendLost(0)) == [Remove((K1, K2))]
    assert scheduler.running(0) == 0
    assert scheduler.running(1) == 1
    assert scheduler.handle(prepared(Key(0, 3))) == []


def test_losing_a_frontend_without_generations_does_nothing() -> None:
    assert running(K1).handle(FrontendLost(1)) == []


# --- resuming ---------------------------------------------------------------------------------------------


def resumed(*tokens: int, max_tokens: int = 10, stop: tuple[str, ...] = ()) -> tuple[Scheduler, list[Action]]:
    """Return a scheduler that goes on behind these tokens, and what it did when the prompt came."""
    scheduler = Scheduler(100)
    scheduler.handle(Requested(0, replace(request(1, max_tokens, stop), resume=tokens)))
    event = prepared(K1, 3, stop)
    event.text.replay(tokens)
    return scheduler, scheduler.handle(event)


def test_what_is_resumed_is_prefilled_behind_the_prompt_and_counts_as_said() -> None:
    _, actions = resumed(97, 98)

    assert actions == [
        Send(0, Accepted(1, 3)),
        Insert(K1, [0, 1, 2, 97, 98], request().sampling, 8, position=2, cache_scope=""),
    ]


def test_an_answer_goes_on_behind_what_is_resumed() -> None:
    scheduler, _ = resumed(97, 98)

    assert scheduler.handle(stepped(Token(K1, 99, None))) == [Send(0, Step(5, (Delta(1, (99,), "c"),)))]


def test_a_stop_string_that_began_in_what_is_resumed_is_found() -> None:
    scheduler, _ = resumed(97, 98, stop=("bc",))

    send, remove = scheduler.handle(stepped(Token(K1, 99, None)))

    assert send == Send(0, Step(5, (Delta(1, (99,), "", "stop"),)))
    assert remove == Remove((K1,))


def test_half_a_character_that_is_resumed_is_completed() -> None:
    scheduler, _ = resumed(97, 0)

    assert scheduler.handle(stepped(Token(K1, 99, None))) == [Send(0, Step(5, (Delta(1, (99,), "é"),)))]


@pytest.mark.parametrize("tokens", [(97,) * 10, (97,) * 12])
def test_what_had_reached_its_length_is_not_resumed(tokens: tuple[int, ...]) -> None:
    _, (send,) = resumed(*tokens)

    assert isinstance(send, Send)
    assert isinstance(send.message, Failed)
    assert send.message.kind == "internal"


def test_what_a_stop_string_ends_can_not_be_resumed() -> None:
    with pytest.raises(ValueError, match="stop string"):
        TextStream(Letters(), ("b",)).replay([97, 98])


def test_a_token_that_is_none_is_refused() -> None:
    (send,) = Scheduler(100).handle(Requested(0, replace(request(), resume=(97, -1))))

    assert isinstance(send, Send)
    assert isinstance(send.message, Failed)
    assert send.message.param == "resume"


@pytest.mark.parametrize("cut", range(14))
def test_wherever_an_answer_is_cut_its_two_halves_are_the_whole(cut: int) -> None:
    """The text, thoughts and calls that two workers deliver are those of one."""

    def stream() -> TextStream:
        return ParsedTextStream(Letters(), ("yz",), parser())

    tokens = [ord(letter) for letter in "(ab)cd[efg]xyq"]
    whole, first, second = stream(), stream(), stream()
    second.replay(tokens[:cut])
    one = [(whole.push(token), whole.take_aside()) for token in tokens]
    two = [(first.push(token), first.take_aside()) for token in tokens[:cut]]
    two += [(second.push(token), second.take_aside()) for token in tokens[cut:]]
    assert two == one
    assert second.finish() == whole.finish()


@pytest.mark.parametrize("late", [stepped(Token(K1, 97, None)), stepped(Token(K1, 97, "stop")), prepared(K1)])
def test_what_was_under_way_for_a_lost_frontend_is_not_taken_for_what_it_asks_again(late: Event) -> None:
    """A frontend that comes back asks for the same number again, before the step that was under way is over."""
    scheduler = running(K1)
    scheduler.handle(FrontendLost(0))
    (again,) = scheduler.handle(Requested(0, replace(request(), resume=(98,))))
    assert isinstance(again, Prepare)
    if not isinstance(late, Prepared):
        scheduler.handle(replace(prepared(K1), key=again.key))

    assert scheduler.handle(late) == []
    assert scheduler.running(0) == 1


# --- the prefix cache ------------------------------------------------------------------------------------


def test_a_generation_keeps_to_its_scope_in_the_prefix_cache() -> None:
    scheduler = Scheduler(100)
    scheduler.handle(Requested(0, replace(request(), cache_scope="mine")))

    (_, insert) = scheduler.handle(prepared(K1))

    assert isinstance(insert, Insert)
    assert insert.cache_scope == "mine"


def test_what_was_found_of_a_prompt_is_told_with_the_first_token() -> None:
    scheduler = running(K1)

    first = scheduler.handle(Stepped(1, [Token(K1, 97, None, cached=2)]))
    second = scheduler.handle(Stepped(2, [Token(K1, 98, None)]))

    assert first == [Send(0, Step(1, (Delta(1, (97,), "a", None, Aside(cached_tokens=2)),)))]
    assert second == [Send(0, Step(2, (Delta(1, (98,), "b"),)))]


def test_a_resumed_generation_does_not_tell_again_what_was_found() -> None:
    scheduler, _ = resumed(97)

    actions = scheduler.handle(Stepped(1, [Token(K1, 98, None, cached=3)]))

    assert actions == [Send(0, Step(1, (Delta(1, (98,), "b"),)))]


# --- circles ---------------------------------------------------------------------------------------------


def circling(resume: tuple[int, ...] = ()) -> Scheduler:
    scheduler = Scheduler(1000)
    asked = replace(request(max_tokens=500), break_repetition=True, resume=resume)
    scheduler.handle(Requested(0, asked))
    scheduler.handle(prepared(K1))
    return scheduler


@pytest.mark.parametrize("before", [0, 100])
def test_a_generation_that_goes_round_in_a_circle_is_ended_also_behind_what_is_resumed(before: int) -> None:
    scheduler = circling((97,) * before)
    for step in range(LEAST_TOKENS - before - 1):
        scheduler.handle(Stepped(step, [Token(K1, 97, None)]))

    assert scheduler.handle(Stepped(500, [Token(K1, 97, None)])) == [
        Send(0, Step(500, (Delta(1, (97,), "a", "repetition"),))),
        Remove((K1,)),
    ]
    assert scheduler.idle


def test_a_circle_at_the_greatest_length_leaves_the_batch_by_itself() -> None:
    scheduler = circling()
    for step in range(LEAST_TOKENS - 1):
        scheduler.handle(Stepped(step, [Token(K1, 97, None)]))

    assert scheduler.handle(Stepped(500, [Token(K1, 97, "length")])) == [
        Send(0, Step(500, (Delta(1, (97,), "a", "repetition"),)))
    ]


def test_a_prompt_that_is_too_long_is_named_as_what_it_is() -> None:
    scheduler = Scheduler(10)
    scheduler.handle(Requested(0, replace(request(), messages=(), prompt="hi")))

    (sent,) = scheduler.handle(prepared(K1, length=10))
    assert isinstance(sent, Send)
    assert isinstance(sent.message, Failed)
    assert sent.message.param == "prompt"
    assert "the prompt is 10 tokens" in sent.message.message


def test_a_grammar_that_can_t_go_on_ends_its_generation_alone() -> None:
    scheduler = Scheduler(100)
    for key, grammar in ((K1, Grammar("regex", "a", "structured_outputs.regex")), (K2, None)):
        scheduler.handle(Requested(0, replace(request(key.generation), grammar=grammar)))
        scheduler.handle(prepared(key))

    step, failed = scheduler.handle(Stepped(1, [Token(K1, 97, "broken"), Token(K2, 98, None)]))

    assert step == Send(0, Step(1, (Delta(2, (98,), "b"),)))
    assert isinstance(failed, Send)
    assert isinstance(failed.message, Failed)
    assert (failed.message.kind, failed.message.param) == ("invalid", "structured_outputs.regex")
    assert scheduler.running(0) == 1


# --- memory ----------------------------------------------------------------------------------------------

# A byte a token: one row of 256 tokens.
ONE_ROW = KvMemory(256, 1)


def short_of_memory(*keys: Key) -> Scheduler:
    """Return a scheduler with memory for one of these generations."""
    scheduler = Scheduler(1000, ONE_ROW)
    for key in keys:
        scheduler.handle(Requested(key.frontend, request(key.generation)))
        scheduler.handle(prepared(key))
    return scheduler


def inserted(actions: list[Action]) -> list[Key]:
    return [action.key for action in actions if isinstance(action, Insert)]


def test_without_memory_a_prompt_is_accepted_and_waits() -> None:
    scheduler = short_of_memory(K1)
    scheduler.handle(Requested(0, request(2)))

    assert scheduler.handle(prepared(K2)) == [Send(0, Accepted(2, 3))]


@pytest.mark.parametrize(
    "event",
    [
        stepped(Token(K1, 97, "length")),
        stepped(Token(K1, 97, "broken")),
        stepped(Token(K1, -1, None)),
        CancelRequested(0, 1),
        FrontendLost(0),
    ],
    ids=["finished", "broken", "undecodable", "cancelled", "lost"],
)
def test_what_waits_is_inserted_when_memory_is_free_behind_the_removal(event: Event) -> None:
    actions = short_of_memory(K1, OTHER).handle(event)

    assert inserted(actions) == [OTHER]
    assert isinstance(actions[-1], Insert)


def test_what_waits_for_memory_can_be_cancelled_and_is_in_no_batch() -> None:
    scheduler = short_of_memory(K1, K2, OTHER)

    assert scheduler.handle(CancelRequested(0, 2)) == [Send(0, Cancelled(2))]
    assert inserted(scheduler.handle(CancelRequested(0, 1))) == [OTHER]


@pytest.mark.parametrize(
    ("length", "max_tokens", "param"), [(10, 247, "max_tokens"), (255, 2, "max_tokens"), (256, 1, "messages")]
)
def test_what_has_no_memory_even_alone_is_refused_by_the_field_that_is_too_large(
    length: int, max_tokens: int, param: str
) -> None:
    scheduler = Scheduler(1000, ONE_ROW)
    scheduler.handle(Requested(0, request(1, max_tokens=max_tokens)))

    (action,) = scheduler.handle(prepared(K1, length))

    assert isinstance(action, Send)
    assert isinstance(action.message, Failed)
    assert (action.message.kind, action.message.param) == ("invalid", param)
    assert action.message.code == "kv_memory_exceeded"
    assert scheduler.idle


def test_what_just_has_the_memory_is_taken() -> None:
    scheduler = Scheduler(1000, ONE_ROW)
    scheduler.handle(Requested(0, request(1, max_tokens=246)))

    assert inserted(scheduler.handle(prepared(K1, 10))) == [K1]


# --- prompts ---------------------------------------------------------------------------------------------


def test_how_far_prompts_are_is_told_to_whom_they_belong() -> None:
    scheduler = running(K1, OTHER)

    actions = scheduler.handle(Stepped(1, [Token(K1, 97, None)], prefilled=[(OTHER, 40), (Key(0, 99), 7)]))

    assert actions == [
        Send(0, Step(1, (Delta(1, (97,), "a"),))),
        Send(1, Step(1, (), (Prefilled(1, 40),))),
    ]


def completing(**fields: Any) -> Scheduler:
    """Return a scheduler that runs a completion whose prompt is asked about."""
    scheduler = Scheduler(100)
    asked = Generate(1, (), Sampling(0, logprobs=True), 5, prompt="hi", prompt_logprobs=1)
    scheduler.handle(Requested(0, replace(asked, **fields)))
    text = TextStream(Letters(), ())
    text.ledger = Ledger(lambda token: bytes([token]))
    scheduler.handle(Prepared(K1, [104, 105], text))
    return scheduler


def test_what_is_known_of_a_prompt_is_told_without_a_token() -> None:
    scored = Scored(K1, 0, [(104, TokenLogprobs(0.0, ())), (105, TokenLogprobs(-2.0, ((105, -2.0),)))])
    (sent,) = completing().handle(Stepped(1, [], [scored]))

    told = (TokenLogprob(b"h", 0.0), TokenLogprob(b"i", -2.0, (Alternative(b"i", -2.0),)))
    assert sent == Send(0, Step(1, (Delta(1, (), "", prompt_logprobs=PromptLogprobs(0, told)),)))


def test_where_nothing_is_wanted_the_end_comes_without_the_token_that_was_drawn() -> None:
    scheduler = completing(max_tokens=0)

    actions = scheduler.handle(Stepped(1, [Token(K1, 97, "length", TokenLogprobs(-1.0, ()))]))

    assert actions == [Send(0, Step(1, (Delta(1, (), "", "length"),)))]
    assert scheduler.idle


def test_with_its_prompt_the_token_that_ends_the_turn_is_told_of_too() -> None:
    (sent,) = completing().handle(Stepped(1, [Token(K1, 33, "stop", TokenLogprobs(-1.0, ()))]))

    assert isinstance(sent, Send)
    assert isinstance(sent.message, Step)
    (delta,) = sent.message.deltas
    assert delta.logprobs == Logprobs((TokenLogprob(b"!", -1.0),), (1,))


def test_what_is_resumed_does_not_tell_of_its_prompt_again() -> None:
    scheduler = Scheduler(100)
    asked = Generate(1, (), Sampling(0), 5, prompt="hi", prompt_logprobs=1, cache_scope="mine")
    inserted = []
    for resume in ((), (97,)):
        scheduler = Scheduler(100)
        scheduler.handle(Requested(0, replace(asked, resume=resume)))
        inserted.append(scheduler.handle(prepared(K1))[1])

    first, again = inserted
    assert isinstance(first, Insert)
    assert isinstance(again, Insert)
    assert (first.prompt_logprobs, first.cache_scope) == (1, None)
    assert (again.prompt_logprobs, again.cache_scope) == (None, "mine")
