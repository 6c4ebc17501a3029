/*
 * cache.c - Redis through hiredis, left alone while it does not answer.
 *
 * After an error hiredis' context is of no more use: it is freed, and a new
 * one is made when the time has come.
 */
#include "io/cache.h"

#include <hiredis/hiredis.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"

enum {
	TIMEOUT_US = 100000, /* of connecting and of every answer */
	BACKOFF_LEAST_US = 100000,
	BACKOFF_MOST_US = 5000000
};

struct cache {
	redisContext *redis; /* owned; NULL: not connected */
	char *path;          /* owned; of the socket, NULL: use host */
	char *host;          /* owned; NULL with path NULL: always empty */
	int port;
	int64_t retry_at; /* ticks */
	int64_t backoff;  /* microseconds; 0: it answered when last asked */
};

struct cache *
cache_new(const char *address)
{
	struct cache *cache = mem_alloc(1, sizeof(*cache));
	char *colon;

	/* hiredis writes without MSG_NOSIGNAL: a dead Redis must not kill. */
	signal(SIGPIPE, SIG_IGN);
	if (strncmp(address, "unix:", 5) == 0) {
		cache->path = mem_text(address + 5);
		return cache;
	}
	if (address[0] == '\0')
		return cache;
	cache->host = mem_text(address);
	colon = strrchr(cache->host, ':');
	cache->port = colon != NULL ? (int)strtol(colon + 1, NULL, 10) : 6379;
	if (colon != NULL)
		*colon = '\0';
	return cache;
}

static void
disconnect(struct cache *cache)
{
	if (cache->redis != NULL)
		redisFree(cache->redis);
	cache->redis = NULL;
}

void
cache_free(struct cache *cache)
{
	if (cache == NULL)
		return;
	disconnect(cache);
	free(cache->path);
	free(cache->host);
	free(cache);
}

/* It failed: leave it alone, each time twice as long. */
static void
leave_alone(struct cache *cache)
{
	if (cache->backoff == 0)
		log_warn("cache stopped answering: cause=%s",
		    cache->redis != NULL ? cache->redis->errstr : "no memory");
	disconnect(cache);
	cache->backoff =
	    cache->backoff == 0 ? BACKOFF_LEAST_US : 2 * cache->backoff;
	if (cache->backoff > BACKOFF_MOST_US)
		cache->backoff = BACKOFF_MOST_US;
	cache->retry_at = clock_ticks() + cache->backoff;
}

static bool
is_connected(struct cache *cache)
{
	const struct timeval timeout = { .tv_usec = TIMEOUT_US };

	if (cache->redis != NULL)
		return true;
	if ((cache->path == NULL && cache->host == NULL) ||
	    clock_ticks() < cache->retry_at)
		return false;
	cache->redis = cache->path != NULL
	    ? redisConnectUnixWithTimeout(cache->path, timeout)
	    : redisConnectWithTimeout(cache->host, cache->port, timeout);
	if (cache->redis != NULL && cache->redis->err == 0 &&
	    redisSetTimeout(cache->redis, timeout) == REDIS_OK)
		return true;
	leave_alone(cache);
	return false;
}

/* NULL when there is no answer.  The caller frees it. */
static redisReply *
ask(struct cache *cache, int count, const char **words, const size_t *sizes)
{
	redisReply *reply;

	if (!is_connected(cache))
		return NULL;
	reply = redisCommandArgv(cache->redis, count, words, sizes);
	if (reply == NULL) {
		leave_alone(cache);
		return NULL;
	}
	if (cache->backoff != 0)
		log_info("cache answers again");
	cache->backoff = 0;
	return reply;
}

enum cache_result
cache_get(struct cache *cache, const char *key, struct buf *value)
{
	const char *words[] = { "GET", key };
	const size_t sizes[] = { 3, strlen(key) };
	redisReply *reply = ask(cache, 2, words, sizes);
	enum cache_result result = CACHE_ERROR;

	if (reply == NULL)
		return cache->path == NULL && cache->host == NULL ? CACHE_MISS
								  : result;
	if (reply->type == REDIS_REPLY_NIL)
		result = CACHE_MISS;
	else if (reply->type == REDIS_REPLY_STRING) {
		buf_add(value, reply->str, (size_t)reply->len);
		result = CACHE_HIT;
	}
	freeReplyObject(reply);
	return result;
}

void
cache_set(struct cache *cache, const char *key, struct slice value, int seconds)
{
	char text[16];
	const char *words[] = { "SET", key, value.data, "EX", text };
	const size_t sizes[] = { 3, strlen(key), value.size, 2,
		(size_t)snprintf(text, sizeof(text), "%d", seconds) };

	freeReplyObject(ask(cache, 5, words, sizes));
}

void
cache_delete(struct cache *cache, const char *key)
{
	const char *words[] = { "DEL", key };
	const size_t sizes[] = { 3, strlen(key) };

	freeReplyObject(ask(cache, 2, words, sizes));
}

bool
cache_is_alive(struct cache *cache)
{
	const char *words[] = { "PING" };
	const size_t sizes[] = { 4 };
	redisReply *reply = ask(cache, 1, words, sizes);
	bool is_alive = reply != NULL && reply->type == REDIS_REPLY_STATUS;

	freeReplyObject(reply);
	return is_alive;
}
