-- The boosted trees that a job made beside the network and the regression.
ALTER TABLE job ADD COLUMN trees_version text;
