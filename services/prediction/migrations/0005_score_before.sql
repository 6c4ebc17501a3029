-- What a score says of the one before it, for `prediction.made`: the category
-- of the newest earlier score of the enrollment (null: there was none), and
-- whether this one is new or another.  Both are set when the row is written.
ALTER TABLE score
	ADD level_before smallint,
	ADD is_another boolean NOT NULL DEFAULT true;

-- The same columns in another order: the days of an enrollment side by side,
-- so that the newest earlier one is found by one look-up.
ALTER TABLE score DROP CONSTRAINT score_pkey,
	ADD PRIMARY KEY (tenant_id, enrollment_id, reference_day);
