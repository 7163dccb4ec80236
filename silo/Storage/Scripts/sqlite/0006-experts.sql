-- Experts, as JSON: those that a version asks where a request names none; those that a turn asks, and what became of them once they had been asked. NULL: none.
ALTER TABLE adapter_versions ADD COLUMN experts TEXT NULL;
ALTER TABLE turns ADD COLUMN experts TEXT NULL;
ALTER TABLE turns ADD COLUMN expert_reports TEXT NULL;
