-- Of version 2. Who asked for what was changed: each row is written in the transaction of what it is about.

CREATE TABLE acts (
  seq INTEGER PRIMARY KEY,
  time INTEGER NOT NULL,
  actor TEXT NOT NULL,
  action TEXT NOT NULL,
  tenant TEXT,
  outlet TEXT,
  subject TEXT NOT NULL,
  request TEXT NOT NULL
) STRICT;
CREATE INDEX acts_by_tenant ON acts (tenant, seq);
CREATE INDEX acts_by_outlet ON acts (tenant, outlet, seq);

CREATE TRIGGER acts_stay_on_insert BEFORE INSERT ON acts WHEN EXISTS (SELECT 1 FROM acts WHERE seq = NEW.seq)
  BEGIN SELECT RAISE(ABORT, 'an act is in this place already: what was done is never changed'); END;
CREATE TRIGGER acts_stay_on_update BEFORE UPDATE ON acts
  BEGIN SELECT RAISE(ABORT, 'what was done is never changed: write another act'); END;
CREATE TRIGGER acts_stay_on_delete BEFORE DELETE ON acts
  BEGIN SELECT RAISE(ABORT, 'what was done is never deleted: write another act'); END;
