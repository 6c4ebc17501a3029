/*
 * log.c - one event a line, written whole with one write(2).
 *
 * The blanks of the format are turned into unit separators before printing,
 * so that facts can be told apart afterwards.  A value that holds one itself
 * cannot make facts: they must have the format's keys, one by one.
 */
#include "base/log.h"

#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/clock.h"

enum { LINE_SIZE = 2048, FORMAT_SIZE = 512, SEPARATOR = 0x1f };

static struct {
	const char *program;
	enum log_level from;
	bool is_terminal;
	pthread_mutex_t lock; /* guards `last` */
	struct log_last last;
} logger = { .program = "edupulse",
	.from = LOG_INFO,
	.lock = PTHREAD_MUTEX_INITIALIZER };

static _Thread_local const char *current_request;

static const char *const level_names[] = { "debug", "info", "warn", "error" };

void
log_init(const char *program, enum log_level from)
{
	logger.program = program;
	logger.from = from;
	logger.is_terminal = isatty(STDERR_FILENO) == 1;
}

void
log_request(const char *request_id)
{
	current_request = request_id;
}

static void
add_json_text(struct buf *out, const char *text, size_t size)
{
	buf_byte(out, '"');
	for (size_t i = 0; i < size; i++) {
		unsigned char c = (unsigned char)text[i];

		if (c == '"' || c == '\\')
			buf_printf(out, "\\%c", c);
		else if (c < 0x20 || c == 0x7f)
			buf_printf(out, "\\u%04x", c);
		else
			buf_byte(out, (char)c);
	}
	buf_byte(out, '"');
}

static void
add_json_fact(struct buf *out, const char *key, size_t key_size,
    struct slice value)
{
	buf_text(out, ",");
	add_json_text(out, key, key_size);
	buf_text(out, ":");
	add_json_text(out, value.data, value.size);
}

static void
add_plain_fact(struct buf *out, const char *key, size_t key_size,
    struct slice value)
{
	buf_printf(out, " %.*s=", (int)key_size, key);
	for (size_t i = 0; i < value.size; i++)
		buf_byte(out,
		    (unsigned char)value.data[i] < 0x20 ? '?' : value.data[i]);
}

/* Each `key=value` of `facts` (parted by SEPARATOR) goes to `add`. */
static void
add_facts(struct buf *out, const char *facts,
    void (*add)(struct buf *, const char *, size_t, struct slice))
{
	while (*facts != '\0') {
		size_t size = strcspn(facts, "\x1f");
		const char *equals = memchr(facts, '=', size);

		if (equals != NULL) {
			size_t key_size = (size_t)(equals - facts);

			add(out, facts, key_size,
			    (struct slice){ equals + 1, size - key_size - 1 });
		}
		facts += size;
		if (*facts != '\0')
			facts++;
	}
}

static void
compose(struct buf *out, enum log_level level, struct slice event,
    const char *facts)
{
	char now[CLOCK_TEXT_SIZE];

	clock_print(clock_now(), now);
	if (logger.is_terminal) {
		buf_printf(out, "%.19s %-5s %s: %.*s", now, level_names[level],
		    logger.program, (int)event.size, event.data);
		add_facts(out, facts, add_plain_fact);
	} else {
		buf_printf(out,
		    "{\"time\":\"%s\",\"level\":\"%s\","
		    "\"program\":\"%s\",\"event\":",
		    now, level_names[level], logger.program);
		add_json_text(out, event.data, event.size);
		if (current_request != NULL)
			add_json_fact(out, "request_id", 10,
			    slice_of(current_request));
		add_facts(out, facts, add_json_fact);
		buf_text(out, "}");
	}
	buf_text(out, "\n");
}

static void
keep_last(struct slice event, const char *facts)
{
	const char *why = strstr(facts, "error=");

	pthread_mutex_lock(&logger.lock);
	logger.last.time = clock_now();
	snprintf(logger.last.text, sizeof(logger.last.text), "%.*s%s%.*s",
	    (int)event.size, event.data, why != NULL ? ": " : "",
	    why != NULL ? (int)strcspn(why + 6, "\x1f") : 0,
	    why != NULL ? why + 6 : "");
	pthread_mutex_unlock(&logger.lock);
}

bool
log_last_error(struct log_last *last)
{
	pthread_mutex_lock(&logger.lock);
	*last = logger.last;
	pthread_mutex_unlock(&logger.lock);
	return last->time != 0;
}

/* The format with SEPARATOR for each blank behind the event's colon. */
static const char *
part_facts(const char *format, char parted[FORMAT_SIZE])
{
	char *colon;

	snprintf(parted, FORMAT_SIZE, "%s", format);
	colon = strchr(parted, ':');
	for (char *c = colon; c != NULL && *c != '\0'; c++)
		if (*c == ' ')
			*c = SEPARATOR;
	return parted;
}

/* Has each fact of `facts` the key that the format gives it? */
static bool
has_own_keys(const char *facts, const char *parted)
{
	const char *wanted = strchr(parted, SEPARATOR);

	for (; wanted != NULL; wanted = strchr(wanted, SEPARATOR)) {
		size_t key_size = strcspn(++wanted, "=\x1f");

		if (strncmp(facts, wanted, key_size) != 0)
			return false;
		facts += strcspn(facts, "\x1f");
		if (*facts == '\0')
			return true; /* the line's room ended here */
		facts++;
	}
	return *facts == '\0';
}

/* One fact of all that stands there. */
static void
join_facts(char *facts)
{
	for (; *facts != '\0'; facts++)
		if (*facts == SEPARATOR)
			*facts = '?';
}

static void
write_line(enum log_level level, const char *format, va_list args)
{
	char parted[FORMAT_SIZE], text[LINE_SIZE];
	struct buf out = { 0 };
	struct slice event;
	char *facts;

	if (level < logger.from)
		return;
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
	vsnprintf(text, sizeof(text), part_facts(format, parted), args);
#pragma GCC diagnostic pop
	facts = strstr(text, ":\x1f");
	event.data = text;
	event.size = facts != NULL ? (size_t)(facts - text) : strlen(text);
	facts = facts != NULL ? facts + 2 : text + event.size;
	if (!has_own_keys(facts, parted))
		join_facts(facts);
	if (level == LOG_ERROR)
		keep_last(event, facts);
	compose(&out, level, event, facts);
	if (write(STDERR_FILENO, out.data, out.size) == -1)
		buf_clear(&out); /* nobody left to tell */
	buf_close(&out);
}

#define LOG_FUNCTION(name, level)                \
	void name(const char *format, ...)       \
	{                                        \
		va_list args;                    \
                                                 \
		va_start(args, format);          \
		write_line(level, format, args); \
		va_end(args);                    \
	}

LOG_FUNCTION(log_debug, LOG_DEBUG)
LOG_FUNCTION(log_info, LOG_INFO)
LOG_FUNCTION(log_warn, LOG_WARN)
LOG_FUNCTION(log_error, LOG_ERROR)
