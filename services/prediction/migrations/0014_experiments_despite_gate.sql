-- The arms that an experiment was started with though the gate had refused their
-- models, with version and rules; null: there were none.
ALTER TABLE experiment_change ADD despite_gate text;
