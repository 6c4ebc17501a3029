-- A day that is ranked after it was the tenant's day is a look back, with rows
-- of its own: nobody is told of it, so it is nobody's category before, and it
-- leaves what was told as it was.  Of the rows that are there nobody knows
-- which they are; they count as told, as they did until now.
ALTER TABLE score ADD is_look_back boolean NOT NULL DEFAULT false;
ALTER TABLE score ALTER COLUMN is_look_back DROP DEFAULT;
ALTER TABLE score DROP CONSTRAINT score_pkey,
	ADD PRIMARY KEY (tenant_id, enrollment_id, reference_day, is_look_back);
