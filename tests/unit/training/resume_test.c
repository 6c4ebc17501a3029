/*
 * resume_test.c - a training that is killed again and again ends with the
 * files and reports of one that nobody disturbed, byte for byte.
 *
 * The training runs in a process of its own and is killed with SIGKILL when so
 * many checkpoints are there: in the first rung, in the second, in the last,
 * in the final training.
 */
#include <dirent.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "ml/model_file.h"
#include "tests/support/made_training.h"

enum { VERSION_SIZE = MODEL_DIGEST_SIZE };

static const struct plan small = { .train = { 0, 400, LEARNABLE, 0 },
	.test = { 500, 650, LEARNABLE, 0 },
	.seed = 3,
	.epochs = 12 };

/* Names in a folder; with `removes` they go. */
static int
count_names(const char *folder, bool removes)
{
	DIR *open = opendir(folder);
	struct dirent *entry;
	int count = 0;

	if (open == NULL)
		return 0;
	while ((entry = readdir(open)) != NULL) {
		if (entry->d_name[0] == '.')
			continue;
		count += strchr(entry->d_name, '.') == NULL;
		if (removes)
			unlinkat(dirfd(open), entry->d_name, 0);
	}
	closedir(open);
	return count;
}

/* Of the report, which names the file. */
static void
write_version(const struct plan *plan, char *version)
{
	struct plan own = *plan;
	struct outcome outcome;

	run_plan(&own, &outcome);
	model_digest(outcome.result.network->report, version);
	outcome_close(&outcome);
}

/* Is it at its end before so many checkpoints are there? */
static bool
run_until(const struct plan *plan, int checkpoints, char *version)
{
	pid_t pid = fork();
	int status;

	assert_true(pid != -1);
	if (pid == 0) {
		write_version(plan, version);
		_exit(0);
	}
	while (waitpid(pid, &status, WNOHANG) == 0) {
		if (count_names(plan->folder, false) >= checkpoints)
			kill(pid, SIGKILL);
		usleep(500);
	}
	return WIFEXITED(status);
}

static void
one_that_is_killed_again_and_again_makes_the_same_files(void **state)
{
	char plain[VERSION_SIZE] = "", folder[] = "/tmp/resume.XXXXXX";
	char *version = mmap(NULL, VERSION_SIZE, PROT_READ | PROT_WRITE,
	    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	struct plan plan = small;
	int kills = 0;

	(void)state;
	assert_true(version != MAP_FAILED);
	write_version(&plan, plain);
	assert_non_null(mkdtemp(folder));
	plan.folder = folder;
	/* 24 of the first rung, 4 more of the second; the last brings none of
	 * a fold that the second had, and then comes the final one. */
	for (int names = 1; !run_until(&plan, names, version); names += 4)
		kills++;
	assert_string_equal(version, plain);
	assert_true(kills >= 6);
	assert_true(count_names(folder, true) >= 28);
	rmdir(folder);
	munmap(version, VERSION_SIZE);
}

/* Files change their inodes when they are written. */
static uint64_t
inodes(const char *folder)
{
	DIR *open = opendir(folder);
	struct dirent *entry;
	uint64_t sum = 0;

	while ((entry = readdir(open)) != NULL)
		if (entry->d_name[0] != '.')
			sum = random_at(sum, entry->d_ino) ^ entry->d_ino;
	closedir(open);
	return sum;
}

static void
what_was_learned_is_not_learned_again(void **state)
{
	char first[VERSION_SIZE] = "", second[VERSION_SIZE] = "";
	char folder[] = "/tmp/resume.XXXXXX";
	struct plan plan = small;
	uint64_t before;

	(void)state;
	plan.epochs = 3;
	assert_non_null(mkdtemp(folder));
	plan.folder = folder;
	write_version(&plan, first);
	before = inodes(folder);
	write_version(&plan, second);
	assert_string_equal(first, second);
	assert_true(inodes(folder) == before);
	plan.seed++;
	write_version(&plan, second);
	assert_string_not_equal(first, second);
	assert_true(inodes(folder) != before);
	count_names(folder, true);
	rmdir(folder);
}

/* Half a file, zeros and a stranger's: each is begun anew. */
static void
checkpoints_that_are_damaged_cost_time_and_nothing_else(void **state)
{
	char plain[VERSION_SIZE] = "", version[VERSION_SIZE] = "";
	char folder[] = "/tmp/resume.XXXXXX";
	struct plan plan = small;
	struct dirent *entry;
	DIR *open;
	int number = 0;

	(void)state;
	plan.epochs = 3;
	assert_non_null(mkdtemp(folder));
	plan.folder = folder;
	write_version(&plan, plain);
	open = opendir(folder);
	while ((entry = readdir(open)) != NULL)
		if (entry->d_name[0] != '.' && number++ % 3 != 0) {
			char path[300];

			snprintf(path, sizeof(path), "%s/%s", folder,
			    entry->d_name);
			assert_int_equal(
			    truncate(path, number % 3 == 2 ? 0 : 1000), 0);
		}
	closedir(open);
	assert_true(number > 20);
	write_version(&plan, version);
	assert_string_equal(version, plain);
	count_names(folder, true);
	rmdir(folder);
}

RUN_TESTS(
    cmocka_unit_test(one_that_is_killed_again_and_again_makes_the_same_files),
    cmocka_unit_test(what_was_learned_is_not_learned_again),
    cmocka_unit_test(checkpoints_that_are_damaged_cost_time_and_nothing_else))
