-- Of version 3. Who holds an outlet's line of numbers, and what was delivered and cannot be placed.

ALTER TABLE heads ADD COLUMN holder text COLLATE "C";

-- Both hold few records: `close` and `hand_over`, and flags.
CREATE INDEX line_ends ON records (outlet, epoch, signer, position) WHERE kind IN (18, 19);
CREATE INDEX flags ON records (outlet, epoch, signer, position) WHERE kind = 68;

CREATE TABLE unfit (
  outlet text COLLATE "C" NOT NULL,
  signer text COLLATE "C" NOT NULL,
  epoch bigint NOT NULL,
  position bigint NOT NULL,
  digest bytea NOT NULL,
  record bytea NOT NULL,
  body bytea NOT NULL,
  reason text NOT NULL,
  time bigint NOT NULL,
  PRIMARY KEY (outlet, signer, epoch, position, digest)
);

CREATE TRIGGER unfit_stay BEFORE UPDATE OR DELETE OR TRUNCATE ON unfit FOR EACH STATEMENT
  EXECUTE FUNCTION refuse('what cannot be placed is never changed or deleted: it is evidence');
