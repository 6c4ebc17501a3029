/* model_check.c - whose file this is, and whether it would serve. */
#include "services/prediction/model_check.h"

#include <string.h>

#include "ml/model_file.h"

bool
model_is_vouched_for(const struct keyring *keys, const struct signed_file *file,
    const char *version, struct err *err)
{
	unsigned char hash[DIGEST_SIZE];
	char text[DIGEST_TEXT_SIZE];

	digest(file->bytes, hash);
	digest_text(hash, text);
	if (strcmp(text, version) != 0)
		return err_set(err, ERR_INVALID,
		    "its SHA-256 is %s: the file was changed", text);
	if (keyring_count(keys) == 0)
		return err_set(err, ERR_INVALID,
		    "no key is trusted: set prediction.model_keys_file");
	if (file->signature.size == 0)
		return err_set(err, ERR_INVALID,
		    "it is not signed: train it anew with "
		    "training.signing_key_file set");
	return keyring_verifies(keys, hash, file->signature) ||
	    err_set(err, ERR_INVALID,
		"none of the keys in prediction.model_keys_file signed it: "
		"add training's public key if it is to be trusted");
}

bool
model_file_is_good(const struct keyring *keys, const struct signed_file *file,
    const char *version, struct err *err)
{
	struct model *model;

	if (!model_is_vouched_for(keys, file, version, err) ||
	    !model_load(file->bytes, version, &model, err))
		return false;
	model_unref(model);
	return true;
}
