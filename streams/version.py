"""Which release this is."""

from __future__ import annotations


def version() -> str:
    """The version of the installed distribution; "unknown" in a tree that was never installed."""
    # 20 ms that `--help` need not wait for.
    import importlib.metadata  # noqa: PLC0415

    try:
        return importlib.metadata.version("crm-insights")
    except importlib.metadata.PackageNotFoundError:
        return "unknown"
