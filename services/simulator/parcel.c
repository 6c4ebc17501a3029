/* parcel.c - records that travel together. */
#include "services/simulator/parcel.h"

static const char *const fate_names[] = { "log", "quarantine" };

void
parcel_close(struct parcel *parcel)
{
	buf_close(&parcel->lines);
	buf_close(&parcel->fates);
}

void
parcel_renew(struct parcel *parcel)
{
	buf_clear(&parcel->lines);
	buf_clear(&parcel->fates);
	parcel->records = 0;
	parcel->number++;
}

void
parcel_add(struct parcel *parcel, struct slice line, const char *id,
    enum fate fate)
{
	buf_add(&parcel->lines, line.data, line.size);
	buf_byte(&parcel->lines, '\n');
	parcel->records++;
	if (id != NULL)
		buf_printf(&parcel->fates, "%s,%s\n", id, fate_names[fate]);
}
