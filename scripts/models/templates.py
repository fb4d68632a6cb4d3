r"""Chat templates, in the two families the models are made with.

`count` templates end the prompt at the last word of the last message, whose successor is then the answer's
first token. `chatml` templates mark every turn and open the assistant's, as most models do. Either family
comes plain, with tools in the Hermes form (`<tool_call>` around a JSON object) and with tools and thinking
(`<think>`, switched off by `enable_thinking=False`), as Qwen3 has them:
https://huggingface.co/Qwen/Qwen3-0.6B/blob/main/tokenizer_config.json. `open-thinking` is of the `count` family,
and opens the thought in the prompt where `enable_thinking` is true.

mlx-lm reads the kind of a tool call out of the template (`tool_call.name` beside `<tool_call>`) and thinking
out of the vocabulary, so a template names the tokens it brings along.
"""

from __future__ import annotations

from dataclasses import dataclass

TOOL_TOKENS = ("<tool_call>", "</tool_call>")
THINK_TOKENS = ("<think>", "</think>")


@dataclass(frozen=True, slots=True)
class Template:
    """A chat template and the tokens it wants to be whole.

    `text` is Jinja as Hugging Face tokenizers render it, or None for a model without a template. `tokens` are
    added to the vocabulary as ordinary (not special) tokens, so that they stay visible in decoded text.
    """

    text: str | None
    tokens: tuple[str, ...] = ()


# A content is a string, a list of parts of which the text counts, or None beside tool calls.
_TEXT = """\
{%- macro text(content) -%}
{%- if content is string -%}{{ content }}
{%- elif content -%}{%- for part in content -%}{{ part.text }}{%- endfor -%}
{%- endif -%}
{%- endmacro -%}
"""

_CALLS = """\
{%- macro calls(message) -%}
{%- for tool_call in message.tool_calls or [] -%}
{%- if tool_call.function -%}{%- set tool_call = tool_call.function -%}{%- endif -%}
{{ '\\n<tool_call>\\n{"name": "' ~ tool_call.name ~ '", "arguments": ' }}
{{- tool_call.arguments if tool_call.arguments is string else tool_call.arguments | tojson }}
{{- '}\\n</tool_call>' }}
{%- endfor -%}
{%- endmacro -%}
"""

_COUNT = _TEXT + "{%- for message in messages %}{{ ' ' ~ text(message.content) | trim }}{%- endfor %}"

_COUNT_TOOLS = (
    _TEXT
    + _CALLS
    + """\
{%- for tool in tools or [] %}{{ tool | tojson ~ '\\n' }}{%- endfor %}
{%- for message in messages %}{{ ' ' ~ text(message.content) | trim ~ calls(message) }}{%- endfor %}"""
)

_CHATML_TURN = "{{- '<|im_start|>' ~ message.role ~ '\\n' ~ text(message.content) ~ '<|im_end|>\\n' }}\n"
_CHATML_OPEN = "{%- if add_generation_prompt %}{{ '<|im_start|>assistant\\n' }}{%- endif %}"

_CHATML = _TEXT + "{%- for message in messages %}\n" + _CHATML_TURN + "{%- endfor %}\n" + _CHATML_OPEN

_CHATML_TOOLS = (
    _TEXT
    + _CALLS
    + """\
{%- if tools %}
{{- '<|im_start|>system\\n# Tools\\n\\n<tools>' }}
{%- for tool in tools %}{{ '\\n' ~ tool | tojson }}{%- endfor %}
{{- '\\n</tools>\\n\\nCall:\\n<tool_call>\\n{"name": ..., "arguments": ...}\\n</tool_call><|im_end|>\\n' }}
{%- endif %}
{%- for message in messages %}
{%- if message.role == 'tool' %}
{{- '<|im_start|>user\\n<tool_response>\\n' ~ text(message.content) ~ '\\n</tool_response><|im_end|>\\n' }}
{%- else %}
{{- '<|im_start|>' ~ message.role ~ '\\n' ~ text(message.content) ~ calls(message) ~ '<|im_end|>\\n' }}
{%- endif %}
{%- endfor %}
"""
    + _CHATML_OPEN
)

# As in Qwen3: without thinking the prompt itself holds an empty thought.
_NO_THOUGHT = """\
{%- if enable_thinking is defined and not enable_thinking %}{{ '<think>\\n\\n</think>\\n\\n' }}{%- endif %}"""

# As in QwQ, but on demand: the prompt itself opens the thought.
_OPEN_THOUGHT = "{%- if enable_thinking is defined and enable_thinking %}{{ '<think>' }}{%- endif %}"

TEMPLATES = {
    "none": Template(None),
    "count": Template(_COUNT),
    "count-tools": Template(_COUNT_TOOLS, TOOL_TOKENS),
    "count-thinking": Template(_COUNT_TOOLS + _NO_THOUGHT, TOOL_TOKENS + THINK_TOKENS),
    "open-thinking": Template(_COUNT_TOOLS + _OPEN_THOUGHT, TOOL_TOKENS + THINK_TOKENS),
    "chatml": Template(_CHATML),
    "chatml-tools": Template(_CHATML_TOOLS, TOOL_TOKENS),
    "chatml-thinking": Template(
        _CHATML_TOOLS + "{%- if add_generation_prompt %}" + _NO_THOUGHT + "{%- endif %}",
        TOOL_TOKENS + THINK_TOKENS,
    ),
}


def template(name: str) -> Template:
    """The template of that name.

    Raises:
        ValueError: no template has that name; the message lists those there are.
    """
    try:
        return TEMPLATES[name]
    except KeyError:
        raise ValueError(f"no chat template {name!r}; there are {', '.join(TEMPLATES)}") from None
