/*
 * loop.c - the main thread: ops port, ticks, signals, and stopping.
 *
 * Stopping: not ready any more, take no more calls, finish what is in hand;
 * the loop ends when every thread has ended and the service's own part of the
 * loop is done, or when stop_seconds are over.
 */
#include <signal.h>
#include <unistd.h>

#include "base/log.h"
#include "io/http_server.h"
#include "service/inside.h"

enum { TICK_MS = 1000 };

bool
service_is_stopping(const struct service *service)
{
	return atomic_load(&service->is_stopping);
}

void
service_loop_done(struct service *service)
{
	atomic_store(&service->is_loop_done, true);
	uv_async_send(&service->changed);
}

void
thread_ended(struct service *service)
{
	atomic_fetch_sub(&service->threads, 1);
	uv_async_send(&service->changed);
}

static void
give_up(uv_timer_t *timer)
{
	(void)timer;
	log_warn("stopping took too long: the rest was cut off");
	_exit(0);
}

static void
stop(struct service *service)
{
	const struct service_kind *kind = service->kind;

	if (atomic_exchange(&service->is_stopping, true))
		return;
	log_info("stopping began: service=%s", kind->name);
	uv_timer_start(&service->last_moment, give_up,
	    (uint64_t)service->common->stop_seconds * 1000, 0);
	bus_close(service->bus);
	pthread_mutex_lock(&service->lock);
	pthread_cond_broadcast(&service->reader_wake);
	pthread_cond_broadcast(&service->job_wake);
	pthread_mutex_unlock(&service->lock);
	if (kind->side != NULL)
		kind->side->wake(service->state);
	if (kind->on_drain != NULL)
		kind->on_drain(service, service->state);
	else
		service_loop_done(service);
}

static void
signalled(uv_signal_t *signal, int number)
{
	(void)number;
	stop(signal->data);
}

static void
ticked(uv_timer_t *timer)
{
	rate_tick(timer->data);
}

static void
something_changed(uv_async_t *async)
{
	struct service *service = async->data;

	if (service_is_stopping(service) &&
	    atomic_load(&service->threads) == 0 &&
	    atomic_load(&service->is_loop_done))
		uv_stop(&service->loop);
}

static void
start_handles(struct service *service)
{
	uv_loop_t *loop = &service->loop;

	must(uv_async_init(loop, &service->changed, something_changed) == 0);
	must(uv_timer_init(loop, &service->tick) == 0);
	must(uv_timer_init(loop, &service->last_moment) == 0);
	must(uv_signal_init(loop, &service->terminate) == 0);
	must(uv_signal_init(loop, &service->interrupt) == 0);
	service->changed.data = service;
	service->tick.data = service;
	service->terminate.data = service;
	service->interrupt.data = service;
	uv_timer_start(&service->tick, ticked, TICK_MS, TICK_MS);
	uv_signal_start(&service->terminate, signalled, SIGTERM);
	uv_signal_start(&service->interrupt, signalled, SIGINT);
}

static void
close_handle(uv_handle_t *handle, void *user)
{
	(void)user;
	if (!uv_is_closing(handle))
		uv_close(handle, NULL);
}

bool
loop_open(struct service *service, struct err *err)
{
	must(uv_loop_init(&service->loop) == 0);
	start_handles(service);
	return ops_listen(service, err) &&
	    (service->kind->on_loop == NULL ||
		service->kind->on_loop(service, service->state, &service->loop,
		    err));
}

void
loop_close(struct service *service)
{
	if (service->ops != NULL)
		http_server_close(service->ops);
	uv_run(&service->loop, UV_RUN_NOWAIT);
	uv_walk(&service->loop, close_handle, NULL);
	uv_run(&service->loop, UV_RUN_DEFAULT);
	uv_loop_close(&service->loop);
}
