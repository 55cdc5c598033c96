-- Where deploy/connect/insights-sink.json writes: one row for each insight, its columns those of
-- schemas/avro/crm_insight.avsc. The sink would make the table by itself, but with times that have no zone, with
-- answer_json as text, and without an index. What is added to the schema later is nullable, and the sink adds it.
CREATE TABLE crm_insights (
    event_id text PRIMARY KEY,
    tenant text NOT NULL,
    department text,
    source text NOT NULL,
    entity text NOT NULL,
    record_id text NOT NULL,
    operation text NOT NULL,
    actor_hash text,
    occurred_at timestamptz NOT NULL,
    enriched_at timestamptz NOT NULL,
    content_fingerprint text NOT NULL,
    kind text NOT NULL,
    executive_summary text,
    overall_sentiment text,
    churn_risk_score double precision,
    action_items text[],
    mentioned_competitors text[],
    upsell_opportunity_identified boolean,
    category text,
    priority text,
    draft_reply text,
    answer_json jsonb NOT NULL,
    truncated boolean NOT NULL,
    dropped_tokens bigint NOT NULL,
    redactions bigint NOT NULL,
    injection_suspected boolean NOT NULL,
    unrestored bigint NOT NULL,
    model text NOT NULL,
    provider text NOT NULL,
    prompt_version text NOT NULL,
    input_tokens bigint NOT NULL,
    cached_input_tokens bigint NOT NULL,
    output_tokens bigint NOT NULL,
    cost double precision,
    currency text,
    attempts bigint NOT NULL,
    latency_ms bigint NOT NULL,
    provider_request_id text,
    -- Who wrote the row: the sink names itself, so that a captured table starts no loop.
    written_by text
);

-- The newest insight of a record is the first by this index.
CREATE INDEX crm_insights_of_a_record ON crm_insights (tenant, entity, record_id, occurred_at DESC);
