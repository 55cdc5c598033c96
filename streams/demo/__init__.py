"""`crm-insights demo`: the real worker on sample events, with everything that it needs in one process tree."""
