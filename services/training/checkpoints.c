/*
 * checkpoints.c - write beside, make it last, then take the name.
 */
#include "services/training/checkpoints.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "secure/digest.h"

enum { NAME_ROOM = 64, FILE_MOST = 1 << 28 };

bool
checkpoints_open(struct checkpoints *checkpoints, const char *folder,
    struct err *err)
{
	struct stat stat;

	if (mkdir(folder, 0700) == -1 && errno != EEXIST)
		return err_os(err, "make the folder %s", folder);
	checkpoints->folder =
	    open(folder, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (checkpoints->folder == -1)
		return err_os(err, "open the folder %s", folder);
	if (fstat(checkpoints->folder, &stat) == 0 &&
	    stat.st_uid == geteuid() && (stat.st_mode & 022) == 0)
		return true;
	checkpoints_close(checkpoints);
	return err_set(err, ERR_INVALID,
	    "the folder %s is not ours alone to write to", folder);
}

void
checkpoints_close(struct checkpoints *checkpoints)
{
	if (checkpoints->folder != -1)
		close(checkpoints->folder);
	checkpoints->folder = -1;
}

static bool
write_file(int file, struct slice bytes, struct err *err)
{
	unsigned char sum[DIGEST_SIZE];

	digest(bytes, sum);
	if (!file_write(file, (struct slice){ (const char *)sum, sizeof(sum) },
		"a checkpoint", err) ||
	    !file_write(file, bytes, "a checkpoint", err))
		return false;
	return fsync(file) == 0 || err_os(err, "make a checkpoint last");
}

bool
checkpoints_put(const struct checkpoints *checkpoints, const char *name,
    struct slice bytes, struct err *err)
{
	int folder = checkpoints->folder, file;
	char beside[NAME_ROOM];
	bool is_good;

	snprintf(beside, sizeof(beside), "%s.new", name);
	file = openat(folder, beside,
	    O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (file == -1)
		return err_os(err, "make the checkpoint %s", beside);
	is_good = write_file(file, bytes, err);
	close(file);
	if (!is_good)
		return false;
	if (renameat(folder, beside, folder, name) == -1 || fsync(folder) == -1)
		return err_os(err, "name the checkpoint %s", name);
	return true;
}

static bool
read_all(int file, struct buf *out, struct err *err)
{
	struct stat stat;
	size_t from = out->size;

	if (fstat(file, &stat) == -1)
		return err_os(err, "look at a checkpoint");
	if (!S_ISREG(stat.st_mode) || stat.st_size > FILE_MOST)
		return err_set(err, ERR_INVALID,
		    "it is no file, or larger than any checkpoint");
	while (out->size - from <= FILE_MOST) {
		char *to = buf_reserve(out, (size_t)stat.st_size + 1);
		ssize_t size = read(file, to, (size_t)stat.st_size + 1);

		if (size == 0)
			return true;
		if (size == -1 && errno != EINTR)
			return err_os(err, "read a checkpoint");
		if (size > 0)
			out->size += (size_t)size;
	}
	return err_set(err, ERR_INVALID, "it grows while it is read");
}

/* Drop the sum in front of what it is the sum of. */
static bool
check_sum(struct buf *out, size_t from, struct err *err)
{
	unsigned char sum[DIGEST_SIZE];
	size_t size = out->size - from;

	if (size < DIGEST_SIZE)
		return err_set(err, ERR_INVALID, "it is cut off");
	size -= DIGEST_SIZE;
	digest((struct slice){ out->data + from + DIGEST_SIZE, size }, sum);
	if (memcmp(sum, out->data + from, DIGEST_SIZE) != 0)
		return err_set(err, ERR_INVALID, "its sum is another");
	memmove(out->data + from, out->data + from + DIGEST_SIZE, size);
	out->size = from + size;
	out->data[out->size] = '\0';
	return true;
}

bool
checkpoints_get(const struct checkpoints *checkpoints, const char *name,
    struct buf *out, struct err *err)
{
	size_t from = out->size;
	bool is_good;
	int file = openat(checkpoints->folder, name,
	    O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);

	if (file == -1 && errno == ENOENT)
		return true;
	if (file == -1)
		return err_os(err, "open the checkpoint %s", name);
	is_good = read_all(file, out, err) && check_sum(out, from, err);
	close(file);
	if (is_good)
		return true;
	out->size = from;
	if (out->data != NULL)
		out->data[from] = '\0';
	return err_in(err, "the checkpoint %s", name);
}
