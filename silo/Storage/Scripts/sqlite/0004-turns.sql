-- What a conversation holds, counted once instead of at every look; how it meets the end of the context; and where each turn's prompt begins.
ALTER TABLE conversations ADD COLUMN overflow INTEGER NOT NULL DEFAULT 0;
ALTER TABLE conversations ADD COLUMN turns INTEGER NOT NULL DEFAULT 0;
ALTER TABLE conversations ADD COLUMN history_tokens INTEGER NOT NULL DEFAULT 0;

-- 'history_from' is the oldest turn in a turn's prompt, the turn itself where there is none.
ALTER TABLE turns ADD COLUMN history_from INTEGER NOT NULL DEFAULT 0;
ALTER TABLE turns ADD COLUMN dropped_turns INTEGER NOT NULL DEFAULT 0;

UPDATE turns SET history_from = COALESCE((
  SELECT MIN(earlier.position) FROM turns earlier
  WHERE earlier.tenant = turns.tenant AND earlier.conversation = turns.conversation AND earlier.position <= turns.position
    AND earlier.state IN (1, 2) AND earlier.tokenizer_digest IS NOT NULL), position);
UPDATE conversations SET
  turns = (SELECT COUNT(*) FROM turns t WHERE t.tenant = conversations.tenant AND t.conversation = conversations.id),
  history_tokens = COALESCE((
    SELECT SUM(LENGTH(t.prompt_ids) / 4 + t.answer_tokens) FROM turns t
    WHERE t.tenant = conversations.tenant AND t.conversation = conversations.id AND t.state IN (1, 2) AND t.tokenizer_digest IS NOT NULL), 0);

-- Turns whose process died are found without looking at ended ones.
CREATE INDEX ix_turns_running ON turns(created_at) WHERE state = 0;
