/*
 * main.c - notification: decides who hears what, once, and brings it to their
 * inboxes and by mail.
 */
#include "io/transfer.h"
#include "services/notification/address.h"
#include "services/notification/migrations.h"
#include "services/notification/notification.h"

static const struct route routes[] = {
#define PROTO_DEF "proto/notification.def"
#include "proto/as_routes.h"
};

static const struct hearing hearings[] = {
#define PROTO_DEF "proto/notification.def"
#include "proto/as_hearings.h"
};

static const struct job_kind jobs[] = {
	{ .name = "mails", .period = 2, .run = deliver_mails },
	{ .name = "upkeep", .period = 3600, .run = forget_old_messages },
};

static bool
start(struct worker *w, void **state, struct err *err)
{
	const struct smtp smtp = smtp_of(w);

	*state = NULL;
	if (is_mail_on(w) && !smtp_check(&smtp, err))
		return err_in(err, "setting smtp_url");
	if (is_mail_on(w) && !address_is_valid(smtp.from))
		return err_set(err, ERR_INVALID,
		    "setting smtp_from is no mail address: with smtp_url it "
		    "must be one, like edupulse@school.example");
	return transfers_start(err);
}

static void
stop(void *state)
{
	(void)state;
	transfers_stop();
}

static const struct service_kind kind = {
	.name = "notification",
	.routes = routes,
	.route_count = ARRAY_SIZE(routes),
	.migrations = &notification_migrations,
	.settings = &notification_settings_table,
	.metrics = &notification_metric_table,
	.hearings = hearings,
	.hearing_count = ARRAY_SIZE(hearings),
	.jobs = jobs,
	.job_count = ARRAY_SIZE(jobs),
	.start = start,
	.stop = stop,
};

int
main(int argc, char **argv)
{
	return service_main(argc, argv, &kind);
}
