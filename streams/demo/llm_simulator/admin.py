"""The simulator's own paths, for tests and for the curious: `/_faults`, `/_stats`, `/healthz`.

`POST /_faults {"fault": "429", "count": 3 | "for_s": 2.5, "match"?: text in the prompt, "share"?: 0.0 to 1.0}` adds an
order; orders are met oldest first. `POST /_faults {}` and `DELETE /_faults` take all of them back.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from aiohttp import web

from streams.demo.llm_simulator.faults import Fault, FaultPlan, Order

if TYPE_CHECKING:
    from streams.demo.llm_simulator.stats import Stats


def add_routes(app: web.Application, faults: FaultPlan, stats: Stats) -> None:
    """Serve the plan and the counters of one simulator."""

    async def order(request: web.Request) -> web.Response:
        body = await request.json()
        if body == {}:
            faults.clear()
            return web.json_response({"cleared": True})
        try:
            fault = Fault(body["fault"])
        except (KeyError, ValueError):
            known = [str(fault) for fault in Fault]
            return web.json_response({"error": "no such fault", "known": known}, status=400)
        for_s = body.get("for_s")
        until_s = None if for_s is None else time.monotonic() + for_s
        faults.order(Order(fault, body.get("count"), until_s, body.get("match"), body.get("share", 1.0)))
        return web.json_response({"ordered": fault})

    async def orders(_request: web.Request) -> web.Response:
        return web.json_response([{"fault": order.fault, "count": order.count} for order in faults.orders])

    async def clear(_request: web.Request) -> web.Response:
        faults.clear()
        return web.json_response({"cleared": True})

    async def counters(_request: web.Request) -> web.Response:
        return web.json_response(stats.as_dict())

    async def healthy(_request: web.Request) -> web.Response:
        return web.json_response({"status": "ok"})

    app.router.add_post("/_faults", order)
    app.router.add_get("/_faults", orders)
    app.router.add_delete("/_faults", clear)
    app.router.add_get("/_stats", counters)
    app.router.add_get("/healthz", healthy)
