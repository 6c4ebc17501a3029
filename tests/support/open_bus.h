/*
 * open_bus.h - a bus of the test's own, or of a service that the test plays.
 */
#ifndef TESTS_OPEN_BUS_H
#define TESTS_OPEN_BUS_H

#include "io/bus.h"
#include "tests/support/test.h"

static inline struct bus *
open_bus(const char *folder, const char *service, const char *key)
{
	struct bus_settings settings = { .service = service,
		.run_folder = folder,
		.address = "",
		.bell = "",
		.peers = "",
		.key = slice_of(key) };
	struct err err = { 0 };
	struct bus *bus = bus_new(&settings, &err);

	if (bus == NULL)
		fail_msg("%s", err.detail);
	return bus;
}

#endif
