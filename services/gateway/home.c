/* home.c - words and tags. */
#include "services/gateway/home.h"

#include "proto/registry.h"

static void
put_text(struct buf *out, const char *text)
{
	for (; *text != '\0'; text++)
		switch (*text) {
		case '<':
			buf_text(out, "&lt;");
			break;
		case '>':
			buf_text(out, "&gt;");
			break;
		case '&':
			buf_text(out, "&amp;");
			break;
		case '"':
			buf_text(out, "&quot;");
			break;
		default:
			buf_byte(out, *text);
		}
}

static void
begin(struct buf *out, const char *title)
{
	buf_text(out,
	    "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\">"
	    "<meta name=\"viewport\" content=\"width=device-width\">"
	    "<title>");
	put_text(out, title);
	buf_text(out,
	    "</title><style>"
	    "body{font:16px/1.5 system-ui,sans-serif;max-width:46rem;"
	    "margin:2rem auto;padding:0 1rem;color:#222;background:#fff}"
	    "table{border-collapse:collapse;width:100%}"
	    "th,td{text-align:left;padding:.3rem .6rem;"
	    "border-bottom:1px solid #ccc}"
	    "pre{background:#f4f4f4;padding:.8rem;overflow:auto}"
	    "</style></head><body><h1>");
	put_text(out, title);
	buf_text(out, "</h1>");
}

static void
end(struct buf *out)
{
	buf_text(out, "</body></html>\n");
}

/* "ready", "does not answer", "waits for database, model" */
static void
put_state(struct buf *out, const struct service_status *service)
{
	const char *before = "waits for ";

	if (service->ready || service->version[0] == '\0') {
		buf_text(out, service->ready ? "ready" : "does not answer");
		return;
	}
	for (size_t i = 0; i < service->needs_count; i++) {
		if (service->needs[i].met)
			continue;
		buf_text(out, before);
		put_text(out, service->needs[i].name);
		before = ", ";
	}
	if (before[0] != ',')
		buf_text(out, "starting or stopping");
}

static void
put_service(struct buf *out, const struct service_status *service)
{
	buf_text(out, "<tr><td>");
	put_text(out, service->service);
	buf_text(out, "</td><td>");
	put_text(out, service->version);
	buf_text(out, "</td><td>");
	put_state(out, service);
	buf_text(out, "</td></tr>");
}

void
home_print(struct buf *out, const struct system_status *status)
{
	begin(out, "EduPulse");
	buf_text(out,
	    "<p>Early warning and learning analytics. This is the platform's "
	    "only door; behind it run:</p>"
	    "<table><tr><th>daemon</th><th>version</th><th>state</th></tr>");
	for (size_t i = 0; status != NULL && i < status->services_count; i++)
		put_service(out, &status->services[i]);
	buf_text(out, "</table>");
	if (status == NULL)
		buf_text(out,
		    "<p>How they are doing is not known at the moment.</p>");
	buf_text(out,
	    "<h2>How to begin</h2>"
	    "<p>Every call shows an API key. The first one was written to a "
	    "file when the platform started "
	    "(<code>deploy/local/platform where</code> says where); "
	    "<code>edupulse keys</code> makes more.</p>"
	    "<pre>curl -H \"Authorization: Bearer $KEY\" "
	    "http://HOST:PORT/api/v1/auth/me\n"
	    "curl -H \"Authorization: Bearer $KEY\" "
	    "http://HOST:PORT/api/v1/risk?top=10</pre>"
	    "<p><a href=\"/openapi.json\">/openapi.json</a> describes every "
	    "call, <a href=\"/asyncapi.json\">/asyncapi.json</a> what the "
	    "daemons tell each other. <a href=\"/healthz\">/healthz</a> says that this door is "
	    "open.</p>");
	end(out);
}

void
home_print_problem(struct buf *out, enum err_code code)
{
	const struct err_row *row = err_row(code);

	begin(out, row->title);
	buf_printf(out,
	    "<p>An answer with the status %d and the type "
	    "<code>/problems/%s</code>. Its <code>detail</code> says what "
	    "happened that time and what to do next, <code>errors</code> "
	    "names the places in the input, and <code>request_id</code> is "
	    "what to quote when asking for help.</p>",
	    row->status, row->slug);
	end(out);
}
