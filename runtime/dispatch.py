"""Which method of a worker takes what: the marks of handlers and duties, and the handler of a message."""

from collections.abc import Awaitable, Callable, Coroutine, Mapping
from typing import Any, TypeVar

from pydantic import BaseModel

from messaging.messages import AnyBody, Envelope, SendMessage
from messaging.text import parse

Handler = Callable[[Any, Any, Envelope], Awaitable[None]]
Duty = Callable[[Any], Coroutine[Any, Any, None]]
_H = TypeVar("_H", bound=Callable[..., Awaitable[None]])


def handles(*types: type[BaseModel]) -> Callable[[_H], _H]:
    """Marks a method `(self, body_or_content, envelope)` as the handler of these bodies or contents."""

    def mark(method: _H) -> _H:
        method._handles = types  # type: ignore[attr-defined]
        return method

    return mark


def duty(*subjects: str) -> Callable[[_H], _H]:
    """Marks a method `(self)` as the work of the tasks with these subjects.

    It is started once, when the router grants any of them, and is started again by no later grant while it runs. It
    says itself when a task is done (`complete`). A LowtideError it raises ends the session.
    """

    def mark(method: _H) -> _H:
        method._duty = subjects  # type: ignore[attr-defined]
        return method

    return mark


def marked(cls: type) -> tuple[dict[type[BaseModel], Handler], dict[str, Duty]]:
    """The handlers of a class by what they take, and its duties by subject; a subclass's own come before inherited."""
    handlers: dict[type[BaseModel], Handler] = {}
    duties: dict[str, Duty] = {}
    for base in reversed(cls.__mro__):
        for method in vars(base).values():
            handlers |= dict.fromkeys(getattr(method, "_handles", ()), method)
            duties |= dict.fromkeys(getattr(method, "_duty", ()), method)
    return handlers, duties


def handler_of(handlers: Mapping[type[BaseModel], Handler], body: AnyBody) -> tuple[Handler, BaseModel] | None:
    """The handler that takes a body, or better its content, and what it is to be given; None when none does."""
    if isinstance(body, SendMessage):
        content = body.content if body.content is not None else parse(body.message)
        if content is not None and (handler := handlers.get(type(content))):
            return handler, content
    handler = handlers.get(type(body))
    return None if handler is None else (handler, body)


def called(body: AnyBody) -> str:
    """What a body is called in a reason: its kind, with that of its content."""
    if isinstance(body, SendMessage) and body.content is not None:
        return f"{body.kind} with {body.content.type}"
    return body.kind
