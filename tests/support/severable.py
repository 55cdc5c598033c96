"""A link to a service that a test can cut: the service stays as it is, and nobody reaches it."""

from __future__ import annotations

import contextlib
import selectors
import socket
import threading
from typing import TYPE_CHECKING, Self
from urllib.parse import urlsplit, urlunsplit

from tests.support.supervision import HOST, free_port

if TYPE_CHECKING:
    from types import TracebackType

_CHUNK_BYTES = 65_536
# How soon the thread notices that it is to stop.
_LOOK_S = 0.1
# Bounds each call of the thread, and with them the wait for its end.
_SOCKET_TIMEOUT_S = 5.0


class SeverableLink:
    """Forwards TCP from a port of its own to the service behind `url`; `with` ends it.

    Killing the registry instead would test something else: Apicurio's in-memory storage comes back empty.
    """

    def __init__(self, url: str, *, up: bool = True) -> None:
        """Prepare a link to `url` (HTTP, host and port); `self.url` is the same place by way of the link."""
        parts = urlsplit(url)
        self._target = (parts.hostname or HOST, parts.port or 80)
        self._port = free_port()
        self.url = urlunsplit(parts._replace(netloc=f"{HOST}:{self._port}"))
        self._up_at_first = up
        self._stopped = threading.Event()
        self._thread: threading.Thread | None = None

    def __enter__(self) -> Self:
        """Begin to forward, unless the link begins cut."""
        if self._up_at_first:
            self.mend()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Cut it for good."""
        self.cut()

    def mend(self) -> None:
        """Listen and forward."""
        listener = socket.create_server((HOST, self._port))
        listener.settimeout(_SOCKET_TIMEOUT_S)
        self._stopped.clear()
        self._thread = threading.Thread(target=self._forward, args=(listener,), name="severable-link")
        self._thread.start()

    def cut(self) -> None:
        """Close every connection and refuse new ones."""
        if self._thread is not None:
            self._stopped.set()
            self._thread.join(4 * _SOCKET_TIMEOUT_S)
            assert not self._thread.is_alive(), "the link does not end"
            self._thread = None

    def _forward(self, listener: socket.socket) -> None:
        peers: dict[socket.socket, socket.socket] = {}
        with selectors.DefaultSelector() as ready, listener:
            ready.register(listener, selectors.EVENT_READ)
            while not self._stopped.is_set():
                for key, _ in ready.select(_LOOK_S):
                    if key.fileobj is listener:
                        self._connect(listener, ready, peers)
                    elif isinstance(key.fileobj, socket.socket) and key.fileobj in peers:
                        _pump(key.fileobj, ready, peers)
            for end in peers:
                end.close()

    def _connect(
        self, listener: socket.socket, ready: selectors.BaseSelector, peers: dict[socket.socket, socket.socket]
    ) -> None:
        near, _ = listener.accept()
        near.settimeout(_SOCKET_TIMEOUT_S)
        far = socket.create_connection(self._target, timeout=_SOCKET_TIMEOUT_S)
        peers[near], peers[far] = far, near
        for end in (near, far):
            ready.register(end, selectors.EVENT_READ)


def _pump(end: socket.socket, ready: selectors.BaseSelector, peers: dict[socket.socket, socket.socket]) -> None:
    with contextlib.suppress(OSError):
        if data := end.recv(_CHUNK_BYTES):
            peers[end].sendall(data)
            return
    for one in (end, peers[end]):
        ready.unregister(one)
        del peers[one]
        one.close()
