"""Responses that begin well: a connection that is reset, and an answer that never quite comes."""

from __future__ import annotations

import asyncio
import contextlib
import json
import socket
import struct
from typing import Any

from aiohttp import web

_DRIP_EVERY_S = 0.2


def reset(request: web.Request) -> web.Response:
    """Send a TCP reset instead of an answer."""
    transport = request.transport
    if transport is not None:
        # With a linger of zero seconds closing a socket sends RST; otherwise the client would see a tidy end.
        peer = transport.get_extra_info("socket")
        peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        transport.abort()
    return web.Response(status=499)


async def drip(request: web.Request, body: dict[str, Any]) -> web.StreamResponse:
    """Send a byte now and then: every single read succeeds, and the answer never comes."""
    response = web.StreamResponse(headers={"content-type": "application/json"})
    with contextlib.suppress(ConnectionError):
        await response.prepare(request)
        for byte in json.dumps(body).encode():
            await response.write(bytes([byte]))
            await asyncio.sleep(_DRIP_EVERY_S)
    return response
