"""What makes delivery exact: every event ends once, in the order of its record, and no offset passes unfinished work.

`offset_gate`, `window`, `ownership`, `record_order`, `in_flight` and `dedupe_state` are plain data structures without
Kafka and without a clock of their own; `dedupe_store`, `publisher` and `pauses` touch the outside.
"""
