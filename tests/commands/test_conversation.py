"""What becomes of the lines that are typed into a chat."""

from __future__ import annotations

import pytest
from mlx_llm_server.commands.chat import printable
from mlx_llm_server.commands.conversation import HELP, Action, Ask, Conversation, More, Quit, Say


def typed(conversation: Conversation, *lines: str) -> list[Action]:
    return [conversation.take(line) for line in lines]


def test_turns_are_sent_with_what_went_before() -> None:
    chat = Conversation("m", fields={"temperature": 0})
    assert typed(chat, "Hello") == [Ask()]
    chat.answered("Hi")
    assert typed(chat, "/system Be brief.", "Bye") == [Say("the system prompt is set"), Ask()]

    request = chat.request()

    assert [message["role"] for message in request["messages"]] == ["system", "user", "assistant", "user"]
    assert request["messages"][-1]["content"] == "Bye"
    assert (request["model"], request["temperature"], request["stream"]) == ("m", 0, True)


def test_a_text_of_many_lines_is_one_question() -> None:
    chat = Conversation("m")

    assert typed(chat, "one\\", "/two") == [More(), Ask()]
    assert chat.messages[-1]["content"] == "one\n/two"
    chat.answered("")
    assert typed(chat, '"""', "/quit", "", 'x"""\\', '"""') == [More(), More(), More(), More(), Ask()]
    assert chat.messages == [{"role": "user", "content": '/quit\n\nx"""\\'}]


def test_a_text_that_was_broken_off_is_forgotten() -> None:
    chat = Conversation("m")
    typed(chat, '"""', "secret")
    chat.drop_line()

    assert typed(chat, "Hello") == [Ask()]
    assert chat.messages == [{"role": "user", "content": "Hello"}]


def test_a_question_without_an_answer_is_replaced_by_the_next() -> None:
    chat = Conversation("m")
    typed(chat, "one")
    chat.answered("")
    typed(chat, "two")

    assert chat.messages == [{"role": "user", "content": "two"}]


def test_retry_asks_again_what_was_answered() -> None:
    chat = Conversation("m")
    assert typed(chat, "/retry") == [Say("there is nothing to answer yet")]
    typed(chat, "one")
    chat.answered("1")

    assert typed(chat, "/retry") == [Ask()]
    assert chat.messages == [{"role": "user", "content": "one"}]


def test_fields_are_set_as_json_or_as_text_and_taken_away() -> None:
    chat = Conversation("m")
    typed(chat, "/set temperature 0.5", '/set stop ["a"]', "/set reasoning_effort low")
    assert chat.fields == {"temperature": 0.5, "stop": ["a"], "reasoning_effort": "low"}

    assert typed(chat, "/set stop", "/set messages []", "/set")[1:] == [
        Say("messages can't be set"),
        Say('temperature = 0.5, reasoning_effort = "low"'),
    ]
    assert "stop" not in chat.request()


@pytest.mark.parametrize(
    ("line", "action"),
    [
        ("/help", Say(HELP)),
        ("/quit", Quit()),
        ("/model", Say("model: m")),
        ("/model other", Say("model: other")),
        ("/clear", Say("a new conversation")),
        ("/system", Say("no system prompt")),
        ("/fly", Say("there is no /fly; /help lists what there is")),
        ("/", Say("there is no /; /help lists what there is")),
        ("   ", Say("")),
    ],
)
def test_each_command_is_answered(line: str, action: Action) -> None:
    chat = Conversation("m")

    assert chat.take(line) == action
    assert chat.messages == []


def test_a_model_can_not_move_the_cursor() -> None:
    assert printable("a\x1b[2Jb\rc\x07\u202ed\te\n\u200d👩") == "a[2Jbcd\te\n\u200d👩"
