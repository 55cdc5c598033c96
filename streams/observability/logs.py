"""Structured logs on standard error: JSON lines, or text for people on a terminal.

Rules, and where each is kept:
- Callers never pass customer text, prompts or answers: an event is named by its ids. (Kept by review; `drop_content`
  below is a net, not the rule.)
- An exception is shown by its type and frames. Its message is shown only for errors of our own, which are written to
  be safe, and for those of the system and the Kafka clients: any other message may quote the payload that the library
  choked on (pydantic, json, fastavro and HTTP clients all do). The values of local variables are never shown.
- A line has a bound, because a runaway value in one line can stop a log collector.
- A library's line that comes again and again is shown once in REPEAT_WINDOW_S: without a broker aiokafka writes 200
  lines a second (measured).
- Libraries log through the same formatter from WARNING on, never lower: openai and httpx log requests at DEBUG. What
  Faust, mode and aiokafka say names topics, partitions and offsets; exceptions among the arguments of a message (mode:
  "Crashed reason=%r") and asyncio's description of a failed task are reduced like any exception.
"""

from __future__ import annotations

import logging
import sys
import time
import traceback
from typing import TYPE_CHECKING, TextIO

import structlog

from schemas.errors import CrmInsightsError

if TYPE_CHECKING:
    import threading
    from collections.abc import Callable

    from structlog.typing import EventDict, Processor, WrappedLogger

    from streams.settings.model import LogSettings

MAX_LINE_CHARS = 2_000
"""Bound of one log line, in characters."""

MAX_FRAMES = 20
"""Frames shown of one exception, innermost last."""

REPEAT_WINDOW_S = 30.0
"""How long a line of a library is held back after it was shown, in seconds; the next one says how often it came."""

MAX_REPEATS_KEPT = 1_000
"""Bound of the lines that are remembered for that; a library that puts values into its templates makes many."""

OWN_LOGGERS = frozenset({"schemas", "processors", "streams"})
"""First parts of the names of our loggers; every other logger is heard from WARNING on."""

LIBRARIES_WITH_HANDLERS = ("aiokafka", "faust", "httpx", "kafka", "mode", "openai")
"""Loggers to which a library may have added a handler of its own, which would write every line twice."""

QUOTABLE_MODULES = frozenset({"aiokafka.errors", "cimpl", "socket", "ssl"})
"""Modules whose exceptions speak of connections, topics and offsets only (cimpl is confluent-kafka's)."""

CONTENT_KEYS = frozenset(
    {
        "answer", "api_key", "args", "authorization", "body", "caused_by", "content", "headers", "kwargs", "messages",
        "password", "payload", "prompt", "salt", "secret", "text", "title", "token", "user_message", "value", "vault",
    }
)  # fmt: skip
"""Keys under which content or a secret would come; their values never leave.

(args, kwargs and caused_by are stamina's: it logs the arguments of what it tries again, prompts among them.)
"""

_NO_COORDINATOR_YET = "GroupCoordinatorNotAvailableError"

_FIRST = ("at", "level", "logger", "event")


def configure(settings: LogSettings, stream: TextIO | None = None) -> None:
    """Send structlog's and the standard library's logs to `stream` (standard error by default), once, at the start."""
    out = sys.stderr if stream is None else stream
    people = settings.format == "console" or (settings.format == "auto" and out.isatty())
    level = logging.getLevelNamesMapping()[settings.level]
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True, key="at"),
        drop_content,
        render_exception,
    ]
    render = _console(out) if people else structlog.processors.JSONRenderer()
    handler = logging.StreamHandler(out)
    handler.addFilter(is_for_us)
    handler.addFilter(Repeats())
    handler.addFilter(demote_the_expected)
    handler.addFilter(reduce_exceptions)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, bounded(render)],
            # Otherwise logging writes the exception once more, with its message.
            keep_exc_info=False,
            keep_stack_info=False,
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    for name in LIBRARIES_WITH_HANDLERS:
        library = logging.getLogger(name)
        library.handlers.clear()
        library.propagate = True
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *shared,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        # A cached logger of a module would not see a later configuration, such as a test's.
        cache_logger_on_first_use=False,
    )


def drop_content(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """Replace the values of keys that are known to carry content or secrets by their type and size."""
    for key in event.keys() & CONTENT_KEYS:
        value = event[key]
        size = f" of {len(value)}" if hasattr(value, "__len__") else ""
        event[key] = f"<{type(value).__name__}{size}>"
    return event


def render_exception(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """Turn `exc_info` into types and frames; messages only of exceptions that are safe to quote."""
    exc_info = event.pop("exc_info", None)
    if exc_info is True:
        exc_info = sys.exc_info()
    error = exc_info[1] if isinstance(exc_info, tuple) else exc_info
    if isinstance(error, BaseException):
        event["exception"] = describe(error)
    return event


def describe(error: BaseException) -> str:
    """The chain of an exception: each with type, safe message and frames; what caused it stands first."""
    chain: list[str] = []
    seen: set[int] = set()
    link: BaseException | None = error
    while link is not None and id(link) not in seen:
        seen.add(id(link))
        chain.append(_describe_one(link))
        link = link.__cause__ or (None if link.__suppress_context__ else link.__context__)
    return "\nthen\n".join(reversed(chain))


def thread_failed(args: threading.ExceptHookArgs) -> None:
    """Log that an exception has ended a thread: Python's own hook writes it in words of its own, message and all."""
    name = args.thread.name if args.thread is not None else None
    structlog.get_logger(__name__).error("thread_failed", thread=name, exc_info=args.exc_value)


def summary(error: BaseException) -> str:
    """The type of an exception, with its message where that is safe to quote."""
    kind = type(error)
    name = f"{kind.__module__}.{kind.__qualname__}".removeprefix("builtins.")
    system = isinstance(error, OSError) and kind.__module__ == "builtins"
    quotable = isinstance(error, CrmInsightsError) or system or kind.__module__ in QUOTABLE_MODULES
    return f"{name}: {error}" if quotable and str(error) else name


def is_for_us(record: logging.LogRecord) -> bool:
    """Whether a record may pass: ours, or a library's from WARNING on, whatever level a variable of its own asks for.

    (OPENAI_LOG=debug, say, would put whole prompts into the log.)
    """
    return record.levelno >= logging.WARNING or record.name.partition(".")[0] in OWN_LOGGERS


class Repeats:
    """Lets a library's line pass once in REPEAT_WINDOW_S, told apart by logger and template; our own always pass."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        """Begin with nothing seen. `clock` is in seconds."""
        self._clock = clock
        self._seen: dict[tuple[str, str], tuple[float, int]] = {}

    def __call__(self, record: logging.LogRecord) -> bool:
        """Whether the record may pass; one that passes again says how many did not."""
        # What a library says through structlog is a dictionary and no template; nobody does, and it would pass.
        if record.name.partition(".")[0] in OWN_LOGGERS or not isinstance(record.msg, str):
            return True
        now, key = self._clock(), (record.name, record.msg)
        shown_at, held_back = self._seen.get(key, (float("-inf"), 0))
        if now - shown_at < REPEAT_WINDOW_S:
            self._seen[key] = (shown_at, held_back + 1)
            return False
        if len(self._seen) >= MAX_REPEATS_KEPT:
            self._seen.clear()
        self._seen[key] = (now, 0)
        if held_back:
            record.msg = f"{record.msg} (and {held_back} times in {now - shown_at:.0f} s)"
        return True


def demote_the_expected(record: logging.LogRecord) -> bool:
    """Let every record pass, but show as a warning what aiokafka calls an error and every first start goes through.

    A broker that has just come up makes its offsets topic when the first group asks for its coordinator, and says that
    there is none yet; the client asks again. An ERROR at each first start teaches operators to pass over errors.
    """
    expected = record.name == "aiokafka.consumer.group_coordinator" and _NO_COORDINATOR_YET in record.getMessage()
    if expected and record.levelno > logging.WARNING:
        record.levelno, record.levelname = logging.WARNING, "WARNING"
    return True


def reduce_exceptions(record: logging.LogRecord) -> bool:
    """Let every record pass, but no exception's own words inside its message."""
    if record.name == "asyncio":
        # The lines after the first are repr(task), which holds repr(exception).
        record.msg, record.args = record.getMessage().partition("\n")[0], ()
    elif isinstance(record.args, tuple) and any(isinstance(value, BaseException) for value in record.args):
        record.args = tuple(_Words(summary(v)) if isinstance(v, BaseException) else v for v in record.args)
    return True


def bounded(render: Processor) -> Callable[[WrappedLogger, str, EventDict], str]:
    """Render within MAX_LINE_CHARS, so that what is cut is still JSON: values are shortened, not the line."""

    def render_bounded(logger: WrappedLogger, method: str, event: EventDict) -> str:
        event = {key: event[key] for key in (*_FIRST, *event) if key in event}
        # Rendering consumes the dictionary.
        line = str(render(logger, method, dict(event)))
        if len(line) > MAX_LINE_CHARS:
            line = str(render(logger, method, _shortened(event, MAX_LINE_CHARS // 2)))
        if len(line) > MAX_LINE_CHARS:
            # Many keys, or characters that JSON writes as six or twelve.
            few = {key: event[key] for key in (*_FIRST, "exception") if key in event}
            line = str(render(logger, method, _shortened(few, MAX_LINE_CHARS // 16)))
        return line[:MAX_LINE_CHARS]

    return render_bounded


class _Words(str):
    """Text that looks the same under %s and %r."""

    __slots__ = ()

    def __repr__(self) -> str:
        return str(self)


def _shortened(event: EventDict, room: int) -> EventDict:
    share = max(room // (len(event) + 2), 10)
    short: EventDict = {"truncated": True}
    for key, value in event.items():
        # An exception gets three shares: its end says where it happened. Anything else begins with what it is.
        kept = 3 * share if key == "exception" else share
        text = str(value)
        if len(text) <= kept:
            short[key] = value
        else:
            short[key] = f"...{text[-kept:]}" if key == "exception" else f"{text[:kept]}..."
    return short


def _console(out: TextIO) -> Processor:
    return structlog.dev.ConsoleRenderer(
        colors=out.isatty(), timestamp_key="at", exception_formatter=structlog.dev.plain_traceback
    )


def _describe_one(error: BaseException) -> str:
    frames = traceback.extract_tb(error.__traceback__)[-MAX_FRAMES:]
    # Without the source line: it is no secret, but it doubles the length.
    return "\n".join([summary(error), *(f"  {frame.filename}:{frame.lineno} in {frame.name}" for frame in frames)])
