"""The chat template, and the same text made without Jinja, which is too slow for training data.

ChatML as Qwen has it, tools in the Hermes form (https://github.com/NousResearch/Hermes-Function-Calling). Thinking
is off unless `enable_thinking` is true; the prompt then ends in an opened `<think>`, as QwQ's does, so that a turn
without thinking looks the same when it is answered and when it is history. Thoughts of earlier turns are left out.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from .exercise import Message

END_OF_TEXT = "<|endoftext|>"
TURN_START = "<|im_start|>"
TURN_END = "<|im_end|>"
SPECIAL = (END_OF_TEXT, TURN_START, TURN_END)
# Whole tokens, but ordinary ones, so that they stay visible in decoded text.
MARKS = ("<think>", "</think>", "<tool_call>", "</tool_call>", "<tool_response>", "</tool_response>")

_TOOLS_OPEN = "# Tools\nYou may call these functions:\n<tools>"
_TOOLS_CLOSE = '\n</tools>\nCall one so:\n<tool_call>\n{"name": <function>, "arguments": <object>}\n</tool_call>'

CHAT_TEMPLATE = (
    """\
{%- macro text(content) -%}
{%- if content is string -%}{{ content }}
{%- elif content -%}{%- for part in content -%}{{ part.text }}{%- endfor -%}
{%- endif -%}
{%- endmacro -%}
{%- macro calls(message) -%}
{%- for tool_call in message.tool_calls or [] -%}
{%- if tool_call.function -%}{%- set tool_call = tool_call.function -%}{%- endif -%}
{{ ('\\n' if not loop.first or text(message.content) else '') ~ '<tool_call>\\n{"name": "' ~ tool_call.name ~ '", "arguments": ' }}
{{- tool_call.arguments if tool_call.arguments is string else tool_call.arguments | tojson }}
{{- '}\\n</tool_call>' }}
{%- endfor -%}
{%- endmacro -%}
{%- set first_is_system = messages and messages[0].role == 'system' -%}
{%- if tools or first_is_system %}
{{- '<|im_start|>system\\n' }}
{%- if first_is_system %}{{ text(messages[0].content) }}{% endif %}
{%- if tools %}
{{- ('\\n\\n' if first_is_system else '') ~ """
    + repr(_TOOLS_OPEN)
    + """ }}
{%- for tool in tools %}{{ '\\n' ~ tool | tojson }}{% endfor %}
{{- """
    + repr(_TOOLS_CLOSE)
    + """ }}
{%- endif %}
{{- '<|im_end|>\\n' }}
{%- endif %}
{%- for message in messages %}
{%- if message.role == 'tool' %}
{%- if loop.first or messages[loop.index0 - 1].role != 'tool' %}{{ '<|im_start|>user' }}{% endif %}
{{- '\\n<tool_response>\\n' ~ text(message.content) ~ '\\n</tool_response>' }}
{%- if loop.last or messages[loop.index0 + 1].role != 'tool' %}{{ '<|im_end|>\\n' }}{% endif %}
{%- elif message.role == 'assistant' %}
{%- set said = text(message.content) %}
{%- if '</think>' in said %}{% set said = said.split('</think>')[-1].lstrip('\\n') %}{% endif %}
{{- '<|im_start|>assistant\\n' ~ said ~ calls(message) ~ '<|im_end|>\\n' }}
{%- elif not (loop.first and first_is_system) %}
{{- '<|im_start|>' ~ message.role ~ '\\n' ~ text(message.content) ~ '<|im_end|>\\n' }}
{%- endif %}
{%- endfor %}
{%- if add_generation_prompt %}
{{- '<|im_start|>assistant\\n' }}
{%- if enable_thinking is defined and enable_thinking %}{{ '<think>\\n' }}{% endif %}
{%- endif %}
"""
)


def call_text(calls: Iterable[tuple[str, dict[str, Any]]]) -> str:
    """Return the assistant's text that calls tools, each by its name with its arguments."""
    return "\n".join(
        f'<tool_call>\n{{"name": "{name}", "arguments": {to_json(arguments)}}}\n</tool_call>'
        for name, arguments in calls
    )


def to_json(value: Any) -> str:
    """Return a value as the template's `tojson` writes it."""
    return json.dumps(value, ensure_ascii=False)


def prompt_text(
    messages: Iterable[Message], tools: Iterable[dict[str, Any]] = (), *, thinking: bool = False
) -> str:
    """Return what the chat template makes of the messages, the start of the assistant's turn included.

    Messages have a string (or None beside tool calls) as content, and no thoughts.
    """
    messages, tools = list(messages), list(tools)
    text = []
    system = messages[0]["content"] if messages and messages[0]["role"] == "system" else None
    if tools or system is not None:
        text.append(f"{TURN_START}system\n{system or ''}")
        if tools:
            text.append(("\n\n" if system is not None else "") + _TOOLS_OPEN)
            text.extend(f"\n{to_json(tool)}" for tool in tools)
            text.append(_TOOLS_CLOSE)
        text.append(f"{TURN_END}\n")
    before = None
    for message in messages[system is not None :]:
        role, content = message["role"], message["content"] or ""
        if before == "tool" and role != "tool":
            text.append(f"{TURN_END}\n")
        if role == "tool":
            text.append(
                ("" if before == "tool" else f"{TURN_START}user")
                + f"\n<tool_response>\n{content}\n</tool_response>"
            )
        else:
            said = [content] if content else []
            if calls := message.get("tool_calls"):
                said.append(
                    call_text(
                        (call["function"]["name"], json.loads(call["function"]["arguments"])) for call in calls
                    )
                )
            text.append(f"{TURN_START}{role}\n" + "\n".join(said) + f"{TURN_END}\n")
        before = role
    if before == "tool":
        text.append(f"{TURN_END}\n")
    text.append(f"{TURN_START}assistant\n" + ("<think>\n" if thinking else ""))
    return "".join(text)
