/* decide.c - rules, then recipients, then both together. */
#include "services/notification/decide.h"

#include <string.h>

#include "service/visible.h"
#include "wire/route.h"

static bool
names(const char **texts, size_t count, const char *text)
{
	for (size_t i = 0; text != NULL && i < count; i++)
		if (strcmp(texts[i], text) == 0)
			return true;
	return false;
}

/* An empty filter lets everything pass. */
static bool
passes(const char **filter, size_t count, const char *text)
{
	return count == 0 || names(filter, count, text);
}

bool
rule_matches(const struct rule *rule, const struct alert *alert)
{
	if (rule->kind != alert->kind || (rule->has_active && !rule->active))
		return false;
	if (alert->kind != RULE_RISK)
		return true;
	return rule->has_category && alert->level >= rule->category &&
	    (int)alert->level > alert->before &&
	    passes(rule->courses, rule->courses_count, alert->course) &&
	    passes(rule->schools, rule->schools_count, alert->school) &&
	    passes(rule->sections, rule->sections_count, alert->section);
}

bool
rule_means(const struct rule *rule, const struct recipient *recipient)
{
	if (rule->recipients_count == 0 && rule->roles_count == 0)
		return true;
	return names(rule->recipients, rule->recipients_count,
		   recipient->recipient_id) ||
	    names(rule->roles, rule->roles_count,
		role_choice.names[recipient->role]);
}

/* Is the role one that is shown risks, with the scope that it needs? */
static bool
is_entitled(const struct recipient *recipient)
{
	const char *need = visible_need(recipient->role);

	if ((MAY_STAFF & MAY(recipient->role)) == 0)
		return false;
	if (need == NULL)
		return true;
	return strcmp(need, "schools") == 0 ? recipient->schools_count > 0
					    : recipient->sections_count > 0;
}

bool
recipient_may_hear(const struct recipient *recipient, const struct alert *alert)
{
	if (recipient->has_active && !recipient->active)
		return false;
	if (alert->kind != RULE_RISK)
		return true;
	return is_entitled(recipient) &&
	    passes(recipient->schools, recipient->schools_count,
		alert->school) &&
	    passes(recipient->sections, recipient->sections_count,
		alert->section);
}

const struct rule *
decide(const struct rule *rules, size_t count, const struct alert *alert,
    const struct recipient *recipient)
{
	const struct rule *best = NULL;

	if (!recipient_may_hear(recipient, alert))
		return NULL;
	for (size_t i = 0; i < count; i++)
		if (rule_matches(&rules[i], alert) &&
		    rule_means(&rules[i], recipient) &&
		    (best == NULL || rules[i].quiet_days < best->quiet_days))
			best = &rules[i];
	return best;
}
