/*
 * signing_test.c - models from before there were signatures are signed once,
 * if their bytes are what their name says; over a real database.
 */
#include "services/training/signing.h"

#include <unistd.h>

#include "tests/support/signing.h"
#include "tests/unit/training/rig.h"
#include "wire/json.h"

/* SHA-256 of "bytes", by sha256sum. */
#define TRUE_VERSION                               \
	"277089d91c0bdf4f2e6862ba7e4a07605119431f" \
	"5d13f726dd352b06f1b206a9"

static const unsigned char seed[32] = "a private key for tests alone";

static struct signer *
open_signer(void)
{
	char path[] = "/tmp/eps.XXXXXX";
	struct signer *signer;
	struct err err = { 0 };
	int file = mkstemp(path);

	assert_true(file != -1);
	close(file);
	write_private_key(path, seed);
	if (!signer_open(path, &signer, &err))
		fail_msg("%s", err.detail);
	unlink(path);
	return signer;
}

static struct model_signature_list
read_signatures(const char *path)
{
	struct model_signature_list list;
	struct err err = { 0 };

	assert_int_equal(get(path), 200);
	if (!json_decode(&model_signature_list_message, buf_slice(&rig.answer),
		JSON_STRICT, &rig.w.arena, &list, &err))
		fail_msg("%s", err.detail);
	return list;
}

static void
catch_up(void)
{
	struct err err = { 0 };
	bool again = true;

	while (again)
		if (!signing_catch_up(&rig.w, &again, &err))
			fail_msg("%s", err.detail);
}

static int64_t
count_backlog(void)
{
	return count_rows("SELECT count(*) FROM signing_backlog");
}

static void
old_models_are_signed_once_if_they_are_what_they_are_called(void **state)
{
	struct signer *signer;
	struct model_signature_list list;

	(void)state;
	database_or_skip();
	signer = open_signer();
	add_model(TRUE_VERSION);
	database_run(rig.owner,
	    "INSERT INTO signing_backlog VALUES ('one', '" TRUE_VERSION
	    "'), ('one', '" FIRST "')");
	/* Without a key they wait. */
	catch_up();
	assert_int_equal(count_backlog(), 2);
	rig.w.state = signer;
	catch_up();
	assert_int_equal(count_backlog(), 0);
	list = read_signatures("/internal/models/" TRUE_VERSION "/signatures");
	assert_int_equal(list.items_count, 1);
	assert_string_equal(list.items[0].key_name, signer_name(signer));
	assert_int_equal(list.items[0].signature.size, SIGNATURE_SIZE);
	/* FIRST is no digest of its bytes, SECOND stood in no backlog. */
	list = read_signatures("/internal/models/" FIRST "/signatures");
	assert_int_equal(list.items_count, 0);
	catch_up();
	list = read_signatures("/internal/models/" SECOND "/signatures");
	assert_int_equal(list.items_count, 0);
	rig.w.state = NULL;
	signer_free(signer);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(
		    old_models_are_signed_once_if_they_are_what_they_are_called,
		    forget_champion),
	};

	return cmocka_run_group_tests(tests, open_rig, close_rig);
}
