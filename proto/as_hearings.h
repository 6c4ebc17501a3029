/*
 * as_hearings.h - reads the HEARS rows of PROTO_DEF as initialisers of struct
 * hearing; in a service's main.c, where the handlers are declared:
 *
 *	static const struct hearing hearings[] = {
 *	#define PROTO_DEF "proto/prediction.def"
 *	#include "proto/as_hearings.h"
 *	};
 */
#define HEARS(publisher, topic, handler, help) \
	{ publisher, topic, handler, help },
#include "proto/as_none.h"
#include PROTO_DEF
#include "proto/as_end.h"
#undef PROTO_DEF
