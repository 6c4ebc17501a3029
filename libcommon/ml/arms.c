/* arms.c - parts of a whole, owned by arms. */
#include "ml/arms.h"

#include <string.h>

#include "base/must.h"

enum { FREE = 255 };

int
arm_part(const unsigned char salt[ARM_SALT_SIZE], int64_t enrollment_id)
{
	unsigned char id[8], hash[DIGEST_SIZE];
	uint64_t bits = 0;

	for (size_t i = 0; i < sizeof(id); i++)
		id[i] = (unsigned char)((uint64_t)enrollment_id >>
		    (8 * (sizeof(id) - 1 - i)));
	digest_mac((struct slice){ (const char *)salt, ARM_SALT_SIZE },
	    (struct slice){ (const char *)id, sizeof(id) },
	    (struct slice){ "", 0 }, hash);
	for (size_t i = 0; i < 4; i++)
		bits = bits << 8 | hash[i];
	return (int)(bits * ARM_PARTS >> 32);
}

int
arms_find(const struct arms *arms, int64_t enrollment_id)
{
	return arms->owner[arm_part(arms->salt, enrollment_id)];
}

/* How many parts each owner is to have. */
static void
plan(const int64_t *share, size_t count, int64_t wanted[1 + ARMS_MOST])
{
	int64_t rest = ARM_PARTS;

	must(count <= ARMS_MOST);
	memset(wanted, 0, (1 + ARMS_MOST) * sizeof(*wanted));
	for (size_t i = 0; i < count; i++) {
		wanted[i + 1] = share[i];
		rest -= share[i];
	}
	must(rest >= 0);
	wanted[ARM_NONE] = rest;
}

void
arms_share(struct arms *arms, const int64_t *share, size_t count)
{
	int64_t wanted[1 + ARMS_MOST], had[1 + ARMS_MOST] = { 0 };
	size_t next = 0;

	plan(share, count, wanted);
	for (size_t i = 0; i < ARM_PARTS; i++)
		had[arms->owner[i]]++;
	for (size_t i = ARM_PARTS; i-- > 0;) {
		uint8_t owner = arms->owner[i];

		if (had[owner] <= wanted[owner])
			continue;
		arms->owner[i] = FREE;
		had[owner]--;
	}
	for (size_t i = 0; i < ARM_PARTS; i++) {
		if (arms->owner[i] != FREE)
			continue;
		while (had[next] >= wanted[next])
			next++;
		arms->owner[i] = (uint8_t)next;
		had[next]++;
	}
}

void
arms_pads(const unsigned char salt[ARM_SALT_SIZE],
    unsigned char inner[ARM_PAD_SIZE], unsigned char outer[ARM_PAD_SIZE])
{
	for (size_t i = 0; i < ARM_PAD_SIZE; i++) {
		unsigned char byte = i < ARM_SALT_SIZE ? salt[i] : 0;

		inner[i] = byte ^ 0x36;
		outer[i] = byte ^ 0x5c;
	}
}
