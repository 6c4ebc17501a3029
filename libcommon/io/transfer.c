/* transfer.c - libcurl's start, and its parser of addresses. */
#include "io/transfer.h"

#include <arpa/inet.h>
#include <curl/curl.h>
#include <string.h>

bool
transfers_start(struct err *err)
{
	return curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK ||
	    err_set(err, ERR_INTERNAL, "libcurl does not start");
}

void
transfers_stop(void)
{
	curl_global_cleanup();
}

/* A part of an address, to be given back with curl_free; NULL: none. */
static char *
part_of(CURLU *url, CURLUPart part)
{
	char *text = NULL;

	return curl_url_get(url, part, &text, 0) == CURLUE_OK ? text : NULL;
}

static bool
refuse(const char *const schemes[2], const char *whose, struct err *err)
{
	return err_set(err, ERR_INVALID,
	    "the address of a %s is %s://HOST:PORT or %s://HOST:PORT", whose,
	    schemes[0], schemes[1]);
}

static bool
check_parts(CURLU *url, const char *const schemes[2], const char *whose,
    struct err *err)
{
	char *scheme = part_of(url, CURLUPART_SCHEME);
	char *user = part_of(url, CURLUPART_USER);
	char *password = part_of(url, CURLUPART_PASSWORD);
	bool is_known = scheme != NULL &&
	    (strcmp(scheme, schemes[0]) == 0 ||
		strcmp(scheme, schemes[1]) == 0);
	bool has_secret = user != NULL || password != NULL;

	curl_free(scheme);
	curl_free(user);
	curl_free(password);
	if (!is_known)
		return refuse(schemes, whose, err);
	return !has_secret ||
	    err_set(err, ERR_INVALID,
		"user and password of the %s do not belong into its address",
		whose);
}

bool
transfer_check(const char *url, const char *const schemes[2], const char *whose,
    struct err *err)
{
	CURLU *parts = curl_url();
	bool is_good;

	must(parts != NULL);
	is_good = curl_url_set(parts, CURLUPART_URL, url, 0) == CURLUE_OK
	    ? check_parts(parts, schemes, whose, err)
	    : refuse(schemes, whose, err);
	curl_url_cleanup(parts);
	return is_good;
}

bool
transfer_is_local(const char *url)
{
	CURLU *parts = curl_url();
	struct in_addr address;
	char *host = NULL;
	bool is_here;

	must(parts != NULL);
	if (curl_url_set(parts, CURLUPART_URL, url, CURLU_GUESS_SCHEME) ==
	    CURLUE_OK)
		host = part_of(parts, CURLUPART_HOST);
	is_here = host != NULL &&
	    (strcasecmp(host, "localhost") == 0 || strcmp(host, "[::1]") == 0 ||
		(inet_pton(AF_INET, host, &address) == 1 &&
		    strncmp(host, "127.", 4) == 0));
	curl_free(host);
	curl_url_cleanup(parts);
	return is_here;
}
