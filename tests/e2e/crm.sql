-- A small CRM. Whoever changes a row says who it was, but for notes; a call's transcript is stored outside its row, as
-- long ones are.
CREATE TABLE tickets (
    id int PRIMARY KEY,
    subject text NOT NULL,
    body text,
    contact_name text,
    updated_by text NOT NULL,
    ai_summary text
);

CREATE TABLE calls (
    id int PRIMARY KEY,
    title text NOT NULL,
    transcript text,
    updated_by text NOT NULL
);
ALTER TABLE calls ALTER COLUMN transcript SET STORAGE EXTERNAL;

CREATE TABLE deals (
    id int PRIMARY KEY,
    name text NOT NULL,
    notes text,
    updated_by text NOT NULL
);

-- Its log tells each row before the change too, and nobody says who wrote it.
CREATE TABLE notes (
    id int PRIMARY KEY,
    body text,
    churn_risk_score double precision
);
ALTER TABLE notes REPLICA IDENTITY FULL;
