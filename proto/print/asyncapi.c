/*
 * asyncapi.c - docs/asyncapi.json: what services tell and who hears it, as
 * AsyncAPI 3.0.
 *
 * A channel and a message for each SAYS row, an operation for each SAYS and
 * each HEARS row.  The payload is the CloudEvent (message `event`) whose
 * `data` is the topic's own message.
 */
#include "proto/print/print.h"
#include "proto/registry.h"

#include <string.h>

#include "proto/print/schema.h"
#include "wire/json.h"

static void
add_text(struct buf *out, const char *before, const char *text)
{
	buf_text(out, before);
	json_text(out, slice_of(text));
}

/* `,"tags":[{"name":SERVICE}]` */
static void
add_tag(struct buf *out, const char *service)
{
	add_text(out, ",\"tags\":[{\"name\":", service);
	buf_text(out, "}]");
}

static void
add_channel(struct buf *out, const char *service, const struct topic *topic)
{
	buf_printf(out, "\"%s\":{\"address\":\"%s\"", topic->name, topic->name);
	add_text(out, ",\"title\":", topic->help);
	add_tag(out, service);
	buf_printf(out,
	    ",\"messages\":{\"%s\":{\"$ref\":"
	    "\"#/components/messages/%s\"}}}",
	    topic->name, topic->name);
}

/* `verb` is say or hear, `action` what AsyncAPI calls it. */
static void
add_operation(struct buf *out, const char *service, const char *verb,
    const char *action, const char *topic, const char *help)
{
	buf_printf(out,
	    "\"%s.%s.%s\":{\"action\":\"%s\","
	    "\"channel\":{\"$ref\":\"#/channels/%s\"}",
	    service, verb, topic, action, topic);
	add_text(out, ",\"summary\":", help);
	add_tag(out, service);
	buf_byte(out, '}');
}

static void
add_message(struct buf *out, const struct topic *topic)
{
	buf_printf(out, "\"%s\":{\"name\":\"%s\"", topic->name, topic->name);
	add_text(out, ",\"summary\":", topic->help);
	buf_text(out,
	    ",\"contentType\":\"application/cloudevents+json\","
	    "\"payload\":{\"allOf\":[");
	schema_reference(out, &event_message);
	buf_printf(out,
	    ",{\"type\":\"object\",\"properties\":{"
	    "\"type\":{\"const\":\"%s\"},\"data\":",
	    topic->name);
	schema_reference(out, topic->data);
	buf_text(out, "}}]}}");
}

/* What is added for each topic and each hearing; between two stands a
 * comma. */
typedef void add_said(struct buf *out, const char *service,
    const struct topic *topic);

static void
add_said_message(struct buf *out, const char *service,
    const struct topic *topic)
{
	(void)service;
	add_message(out, topic);
}

static void
add_said_operation(struct buf *out, const char *service,
    const struct topic *topic)
{
	add_operation(out, service, "says", "send", topic->name, topic->help);
}

static void
for_each_topic(struct buf *out, const char **between, add_said *add)
{
	size_t count;
	const struct proto_service *services = proto_services(&count);

	for (size_t i = 0; i < count; i++)
		for (const struct topic *topic = services[i].proto->says;
		     topic->name != NULL; topic++) {
			buf_text(out, *between);
			add(out, services[i].name, topic);
			*between = ",";
		}
}

static void
add_hearings(struct buf *out, const char *between)
{
	size_t count;
	const struct proto_service *services = proto_services(&count);

	for (size_t i = 0; i < count; i++)
		for (const struct hearing *heard = services[i].proto->hears;
		     heard->topic != NULL; heard++) {
			buf_text(out, between);
			add_operation(out, services[i].name, "hears", "receive",
			    heard->topic, heard->help);
			between = ",";
		}
}

static void
add_schemas(struct buf *out)
{
	size_t count;
	const struct proto_service *services = proto_services(&count);
	struct schemas schemas = { .count = 0 };

	schema_name(&schemas, &event_message);
	for (size_t i = 0; i < count; i++)
		for (const struct topic *topic = services[i].proto->says;
		     topic->name != NULL; topic++)
			schema_name(&schemas, topic->data);
	schemas_print(out, &schemas);
}

void
print_asyncapi(struct buf *out)
{
	struct buf json = { 0 };
	const char *between = "";

	buf_text(&json,
	    "{\"asyncapi\":\"3.0.0\",\"info\":{\"title\":\"EduPulse\","
	    "\"version\":\"" EDUPULSE_VERSION "\",\"description\":"
	    "\"What services tell each other, printed from proto/ by make "
	    "docs. An event is written in the transaction that caused it; "
	    "whoever hears it reads pages of its publisher's outbox behind a "
	    "cursor (GET /internal/events on the bus), so once and in order. "
	    "The record log has a feed of its own.\"},\"channels\":{");
	for_each_topic(&json, &between, add_channel);
	buf_text(&json, "},\"operations\":{");
	between = "";
	for_each_topic(&json, &between, add_said_operation);
	add_hearings(&json, between);
	buf_text(&json, "},\"components\":{\"messages\":{");
	between = "";
	for_each_topic(&json, &between, add_said_message);
	buf_text(&json, "},\"schemas\":{");
	add_schemas(&json);
	buf_text(&json, "}}}");
	json_pretty(out, buf_slice(&json));
	buf_close(&json);
}
