-- Of version 3. Who holds an outlet's line of numbers, and what was delivered and cannot be placed.

ALTER TABLE heads ADD COLUMN holder TEXT;

-- Both hold few records: `close` and `hand_over`, and flags.
CREATE INDEX line_ends ON records (outlet, epoch, signer, position) WHERE kind IN (18, 19);
CREATE INDEX flags ON records (outlet, epoch, signer, position) WHERE kind = 68;

CREATE TABLE unfit (
  outlet TEXT NOT NULL,
  signer TEXT NOT NULL,
  epoch INTEGER NOT NULL,
  position INTEGER NOT NULL,
  digest BLOB NOT NULL,
  record BLOB NOT NULL,
  body BLOB NOT NULL,
  reason TEXT NOT NULL,
  time INTEGER NOT NULL,
  PRIMARY KEY (outlet, signer, epoch, position, digest)
) STRICT;

CREATE TRIGGER unfit_stay_on_insert BEFORE INSERT ON unfit
  WHEN EXISTS (SELECT 1 FROM unfit WHERE (outlet, signer, epoch, position, digest)
                                       = (NEW.outlet, NEW.signer, NEW.epoch, NEW.position, NEW.digest))
  BEGIN SELECT RAISE(IGNORE); END;
CREATE TRIGGER unfit_stay_on_update BEFORE UPDATE ON unfit
  BEGIN SELECT RAISE(ABORT, 'what cannot be placed is never changed: it is evidence'); END;
CREATE TRIGGER unfit_stay_on_delete BEFORE DELETE ON unfit
  BEGIN SELECT RAISE(ABORT, 'what cannot be placed is never deleted: it is evidence'); END;
