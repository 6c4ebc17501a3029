/*
 * decide.h - who hears what: rules and recipients against what has happened.
 * Values in, values out.
 */
#ifndef NOTIFICATION_DECIDE_H
#define NOTIFICATION_DECIDE_H

#include "proto/notification.h"

/* What has happened; texts are borrowed.  The last six are there when it is
 * about a student (RULE_RISK). */
struct alert {
	enum rule_kind kind;
	const char *subject; /* what it is about, within its event */
	const char *title, *body;
	const char *link;                      /* NULL: none */
	const char *course, *school, *section; /* NULL: in none */
	enum risk_level level;
	int before;  /* the level before; -1: this is the first score */
	int32_t day; /* the day looked from */
};

/* Is the rule about this?  A student's level counts when it is the rule's or
 * above, and reached: from a lower one, or as the first. */
bool rule_matches(const struct rule *rule, const struct alert *alert);

/* Does the rule mean this recipient?  One that names neither recipients nor
 * roles means all. */
bool rule_means(const struct rule *rule, const struct recipient *recipient);

/* May the recipient hear of it?  Of a student: admins and operators without a
 * scope, counselors with schools, educators with sections, each only within
 * all that limits them; nobody else. */
bool recipient_may_hear(const struct recipient *recipient,
    const struct alert *alert);

/* The rule by which the recipient hears of it, of several the one with the
 * fewest quiet days; NULL: not at all. */
const struct rule *decide(const struct rule *rules, size_t count,
    const struct alert *alert, const struct recipient *recipient);

#endif
