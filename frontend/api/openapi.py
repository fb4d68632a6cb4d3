"""`GET /openapi.json`: this API by the schemas that requests are checked with; `GET /docs`: the same for people.

https://spec.openapis.org/oas/v3.1.0
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from html import escape
from typing import Any, ClassVar

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from ... import __version__
from ..dispatcher import Priority
from .answers_schema import SCHEMAS
from .completions import CompletionRequest
from .handler import ApiHandler
from .prompts import DetokenizeRequest, RenderRequest, TokenizeChatRequest, TokenizeRequest
from .schema import ChatRequest

_REF = "#/components/schemas/{model}"


@dataclass(frozen=True)
class _Route:
    """An operation.

    Attributes:
        answer: The schema of its answer.
        bodies: Those of its body; any of them.
        errors: The statuses of its errors, but for 401 and 403, which all may have.
        streams: Whether the answer may be a stream.
        public: Whether no key is asked for.
    """

    path: str
    summary: str
    answer: str
    bodies: tuple[type[BaseModel], ...] = ()
    errors: tuple[int, ...] = ()
    streams: bool = False
    public: bool = False


_OF_BODIES = (400, 404, 408, 413, 415)
_OF_WORK = (*_OF_BODIES, 429, 500, 503)
_ROUTES = (
    _Route(
        "/v1/chat/completions", "Answer a conversation", "ChatCompletion", (ChatRequest,), _OF_WORK, streams=True
    ),
    _Route("/v1/completions", "Go on with a text", "Completion", (CompletionRequest,), _OF_WORK, streams=True),
    _Route("/v1/chat/completions/render", "Show a prompt", "RenderedPrompt", (RenderRequest,), _OF_WORK),
    _Route("/tokenize", "Tokens of a text", "Tokens", (TokenizeRequest, TokenizeChatRequest), _OF_WORK),
    _Route("/detokenize", "Text of tokens", "Text", (DetokenizeRequest,), _OF_WORK),
    _Route("/v1/models", "The models that are served", "ModelList"),
    _Route("/v1/models/{model}", "One of them", "Model", errors=(404,)),
    _Route("/health", "Whether the server lives", "Health", public=True),
    _Route("/ready", "Whether a worker takes work", "Readiness", errors=(503,), public=True),
)
_PHRASES = {
    400: "A field is wrong; `param` names it",
    401: "No valid API key",
    403: "A Host or Origin that is not allowed",
    404: "No such model",
    408: "The body did not come in time",
    413: "The body is too large",
    415: "The body is not application/json",
    429: "Too many requests wait",
    500: "The server is at fault",
    503: "No worker can take it now",
}


@cache
def description() -> dict[str, Any]:
    """Return the OpenAPI document."""
    bodies = [(body, "validation") for route in _ROUTES for body in route.bodies]
    _, schemas = models_json_schema(bodies, ref_template=_REF)  # pyright: ignore[reportArgumentType]
    return {
        "openapi": "3.1.0",
        "info": {"title": "mlx-llm-server", "version": __version__},
        "paths": {route.path: {"post" if route.bodies else "get": _operation(route)} for route in _ROUTES},
        "components": {
            "schemas": {**schemas.get("$defs", {}), **SCHEMAS},
            "securitySchemes": {"key": {"type": "http", "scheme": "bearer"}},
        },
        # The key may be left out where the server asks for none.
        "security": [{}, {"key": []}],
    }


def _operation(route: _Route) -> dict[str, Any]:
    content: dict[str, Any] = {"application/json": {"schema": _ref(route.answer)}}
    if route.streams:
        content["text/event-stream"] = {}
    # A server that is not ready says so in the same words.
    not_ready = route.answer if route.path == "/ready" else "Error"
    operation: dict[str, Any] = {
        "summary": route.summary,
        "responses": {
            "200": {"description": "The answer", "content": content},
            **{
                str(status): _failure(status, not_ready if status == 503 else "Error")
                for status in (401, 403, *route.errors)
                if not (route.public and status == 401)
            },
        },
    }
    if route.bodies:
        schemas = [_ref(body.__name__) for body in route.bodies]
        schema = schemas[0] if len(schemas) == 1 else {"oneOf": schemas}
        operation["requestBody"] = {"required": True, "content": {"application/json": {"schema": schema}}}
    if route.streams:
        names = [priority.value for priority in Priority]
        operation["parameters"] = [
            {"name": "X-Priority", "in": "header", "schema": {"type": "string", "enum": names}}
        ]
    if "{model}" in route.path:
        operation["parameters"] = [
            {"name": "model", "in": "path", "required": True, "schema": {"type": "string", "minLength": 1}}
        ]
    if route.public:
        operation["security"] = [{}]
    return operation


def _failure(status: int, schema: str) -> dict[str, Any]:
    return {"description": _PHRASES[status], "content": {"application/json": {"schema": _ref(schema)}}}


def _ref(name: str) -> dict[str, str]:
    return {"$ref": _REF.format(model=name)}


class Description(ApiHandler):
    """The document; it says nothing of what is served here."""

    public: ClassVar[bool] = True

    async def on_get(self) -> None:
        """Answer with it."""
        self.send_json(description())


class DescriptionPage(ApiHandler):
    """The same as a page without scripts, which loads nothing."""

    public: ClassVar[bool] = True

    async def on_get(self) -> None:
        """Answer with the page."""
        self.set_header("Content-Type", "text/html; charset=utf-8")
        self.set_header("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'")
        self.finish(_page())


_STYLE = (
    "body{font:15px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;"
    "color-scheme:light dark}"
    "code{font-family:ui-monospace,monospace}td{padding:.1rem 1rem .1rem 0;vertical-align:top}"
    "summary{cursor:pointer;padding:.3rem 0}"
)


@cache
def _page() -> str:
    document = description()
    head = (
        f"<!doctype html><html lang=en><meta charset=utf-8><title>mlx-llm-server</title><style>{_STYLE}</style>"
        f"<h1>mlx-llm-server {escape(__version__)}</h1>"
        "<p>The same for programs: <a href=openapi.json>/openapi.json</a></p>"
    )
    operations = [
        _shown(f"{method.upper()} {path}", operation)
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
    ]
    schemas = [_schema(*named) for named in sorted(document["components"]["schemas"].items())]
    return "".join([head, *operations, "<h2>Schemas</h2>", *schemas])


def _shown(name: str, operation: dict[str, Any]) -> str:
    body = operation.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema", {})
    bodies = "".join(_linked(each) for each in body.get("oneOf", [body] if body else []))
    rows = "".join(
        f"<tr><td>{status}<td>{escape(answer['description'])}"
        f"<td>{_linked(answer['content']['application/json']['schema'])}"
        for status, answer in operation["responses"].items()
    )
    title = f"<summary><code>{escape(name)}</code> {escape(operation['summary'])}</summary>"
    return f"<details>{title}{bodies}<table>{rows}</table></details>"


def _schema(name: str, schema: dict[str, Any]) -> str:
    needed = set(schema.get("required", ()))
    rows = "".join(
        f"<tr><td><code>{escape(field)}</code>{'' if field in needed else '?'}<td>{_type(of)}"
        for field, of in schema.get("properties", {}).items()
    )
    title = f"<summary><b>{escape(name)}</b> {escape(schema.get('description', ''))}</summary>"
    return f"<details id={escape(name)} open>{title}<table>{rows}</table></details>"


def _type(schema: dict[str, Any]) -> str:
    """Return a type in a few words, its bounds among them."""
    if "$ref" in schema:
        return _linked(schema)
    for key in ("anyOf", "oneOf"):
        if key in schema:
            return " or ".join(_type(each) for each in schema[key])
    if "const" in schema or "enum" in schema:
        return ", ".join(
            f"<code>{escape(repr(each))}</code>" for each in schema.get("enum", [schema.get("const")])
        )
    if schema.get("type") == "array":
        return f"list of {_type(schema.get('items', {}))}{_bounds(schema)}"
    return f"{escape(str(schema.get('type', 'anything')))}{_bounds(schema)}"


def _bounds(schema: dict[str, Any]) -> str:
    words = {
        "minimum": "from", "exclusiveMinimum": "above", "maximum": "to", "exclusiveMaximum": "below",
        "minLength": "at least", "maxLength": "at most", "minItems": "at least", "maxItems": "at most",
        "maxProperties": "at most",
    }  # fmt: skip
    told = " ".join(f"{word} {schema[key]}" for key, word in words.items() if key in schema)
    return f" ({told})" if told else ""


def _linked(schema: dict[str, str]) -> str:
    name = schema["$ref"].rpartition("/")[2]
    return f"<a href=#{escape(name)}><code>{escape(name)}</code></a> "
