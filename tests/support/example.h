/*
 * example.h - two small services, alpha and beta, that run as processes of
 * the test's own program, and how tests talk to them.
 *
 *	POST /api/v1/notes	alpha: store a note and tell of it
 *	GET  /api/v1/notes/{id}	alpha
 *	POST /api/v1/wait	alpha: store a note when nobody holds the
 *				advisory lock EXAMPLE_LOCK
 *	POST /api/v1/twice	alpha: store and commit a note, then the same
 *	POST /api/v1/fail	alpha: fail inside, after storing a note
 *	POST /api/v1/heard	beta: as if it had heard a note
 *	GET  /api/v1/heard	beta: what it heard of alpha, and jobs run
 */
#ifndef TESTS_EXAMPLE_H
#define TESTS_EXAMPLE_H

#include <sys/types.h>

#include "io/bus.h"

#define PROTO_DEF "tests/support/example.def"
#include "proto/as_structs.h"

enum { EXAMPLE_LOCK = 4711 };

/* main() of a test calls this first: when the program was started as one of
 * the services it runs that and returns true with the exit status. */
bool example_main(int argc, char **argv, int *status);

/* Folder with key, password files and sockets; removed by example_close. */
struct example {
	char folder[64];
	char database[256]; /* connection string without user */
	struct bus *bus;    /* of the test itself */
	struct arena arena;
};

/* With `database` NULL the services are told of one that is not there. */
void example_open(struct example *example, const char *database);
void example_close(struct example *example);

/* Roles and schemas by deploy/local/roles.sh, tables by --migrate. */
void example_migrate(struct example *example);

/* Start a service (`option` NULL) or run it with an option. */
pid_t example_start(struct example *example, const char *service,
    const char *option);
/* Start another copy of it, which answers to the name `copy`. */
pid_t example_start_copy(struct example *example, const char *service,
    const char *copy);
/* Until /internal/status says it is ready; `service` or a copy's name. */
void example_wait_ready(struct example *example, const char *service);
/* SIGTERM; returns the exit status. */
int example_stop(pid_t pid);

/* A question of an educator's, or of a service's for /internal/.  Answers live
 * in the arena.  A call without answer fails the test. */
struct example_call {
	const char *service, *method, *target, *body, *key, *if_match;
	int64_t deadline_us; /* from now; 0: 10 s */
	enum role role;
};
struct answer example_ask(struct example *example, struct example_call call);
/* The `type` of a problem, behind /problems/. */
const char *example_problem(struct example *example,
    const struct answer *answer);

/* GET of a path on a service's ops socket: the status; the body in `body`. */
int example_ops(struct example *example, const char *service, const char *path,
    struct buf *body);

#endif
