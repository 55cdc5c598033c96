"""T: how soon a worker asks for its partitions."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from faust.tables.manager import TableManager


async def start_tables_at_once(self: TableManager) -> None:
    """T. Without it each start stands still for a second before it joins its group, while events wait.

    faust/tables/manager.py, `on_start`: a second for modules that declare their tables late. Ours are declared before
    the app is started.
    """
    if not self.should_stop:
        await self._update_channels()
        await self.recovery.start()
