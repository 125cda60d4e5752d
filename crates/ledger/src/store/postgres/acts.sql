-- Of version 2. Who asked for what was changed: each row is written in the transaction of what it is about.

CREATE TABLE acts (
  seq bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  time bigint NOT NULL,
  actor text NOT NULL,
  action text NOT NULL,
  tenant text COLLATE "C",
  outlet text COLLATE "C",
  subject text NOT NULL,
  request text NOT NULL
);
CREATE INDEX acts_by_tenant ON acts (tenant, seq);
CREATE INDEX acts_by_outlet ON acts (tenant, outlet, seq);

CREATE TRIGGER acts_stay BEFORE UPDATE OR DELETE OR TRUNCATE ON acts FOR EACH STATEMENT
  EXECUTE FUNCTION refuse('what was done is never changed or deleted: write another act');
