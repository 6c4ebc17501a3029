-- Which courses a job is tested on, so that looks at one test can be counted.
-- Not known of jobs from before: they count as none.
ALTER TABLE job ADD COLUMN test_courses text[];
