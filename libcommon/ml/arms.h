/*
 * arms.h - which arm of an experiment an enrollment is on.
 *
 * A keyed hash gives each enrollment one of ARM_PARTS parts, the same in every
 * process and for as long as the experiment's salt is kept; each part belongs
 * to one arm, or to none.  With changed shares an arm that shrinks gives up
 * parts and one that grows gets them, so whoever is on an arm whose share was
 * raised, or left as it was, stays on it.  (Ranges side by side would not do:
 * raising the first of three moves the border between the others.)
 */
#ifndef ML_ARMS_H
#define ML_ARMS_H

#include <stddef.h>
#include <stdint.h>

#include "secure/digest.h"

enum {
	ARM_PARTS = 10000,
	ARMS_MOST = 8,
	ARM_NONE = 0, /* owner of a part that is in no arm; arms from 1 on */
	ARM_SALT_SIZE = 32,
	ARM_PAD_SIZE = 64
};

struct arms {
	unsigned char salt[ARM_SALT_SIZE]; /* secret, of one experiment */
	uint8_t owner[ARM_PARTS];          /* ARM_NONE, or 1 to ARMS_MOST */
};

/* The enrollment's part, 0 to ARM_PARTS - 1: the first 32 bits of
 * HMAC-SHA-256 over its id as 8 bytes, big-endian, as a fraction of 2^32. */
int arm_part(const unsigned char salt[ARM_SALT_SIZE], int64_t enrollment_id);

/* ARM_NONE or the arm's number. */
int arms_find(const struct arms *arms, int64_t enrollment_id);

/* Arm k gets share[k - 1] parts, (count), together ARM_PARTS at most; the rest
 * is in no arm.  Whose share is not smaller than before keeps every part. */
void arms_share(struct arms *arms, const int64_t *share, size_t count);

/* The salt as HMAC's two blocks, for who computes the part with SHA-256 alone:
 * sha256(outer, sha256(inner, id)). */
void arms_pads(const unsigned char salt[ARM_SALT_SIZE],
    unsigned char inner[ARM_PAD_SIZE], unsigned char outer[ARM_PAD_SIZE]);

#endif
