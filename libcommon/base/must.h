/*
 * must.h - a claim about our own code that stays on in production.
 *
 * must(x) ends the process with file, line and claim when x is false.  It
 * guards against bugs; input is never guarded by it.
 */
#ifndef BASE_MUST_H
#define BASE_MUST_H

#define MUST_CHECK __attribute__((warn_unused_result))
#define PRINTF_LIKE(text, first) \
	__attribute__((format(__printf__, text, first)))

#define must(claim) \
	((claim) ? (void)0 : must_failed(#claim, __FILE__, __LINE__))

_Noreturn void must_failed(const char *claim, const char *file, int line);

#define ARRAY_SIZE(array) (sizeof(array) / sizeof((array)[0]))

#endif
