-- Which of a job's models won.  The gate is asked of each of them, so that more
-- than one may be refused; until now it was asked of the winner alone.
ALTER TABLE job ADD COLUMN winner_version text;
UPDATE job SET winner_version = g.version
FROM judgement g
WHERE g.tenant_id = job.tenant_id AND g.job_id = job.job_id
	AND g.outcome <> 'passed-over';
