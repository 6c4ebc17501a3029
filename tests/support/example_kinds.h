/* example_kinds.h - alpha and beta. */
#ifndef TESTS_EXAMPLE_KINDS_H
#define TESTS_EXAMPLE_KINDS_H

#include "service/service.h"

extern const struct service_kind example_kinds[2];

#endif
