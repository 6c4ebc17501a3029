/* experiment_models.c - what training knows of the models of arms. */
#include "proto/client/training.h"
#include "proto/training.h"
#include "services/prediction/experiments.h"

bool
experiment_find_version(struct worker *w, const char *tenant,
    const char *digits, const char **version, struct err *err)
{
	struct model_row model;
	bool is_none, are_several;

	if (training_model(w, tenant, digits, &model, err)) {
		*version = model.version;
		return true;
	}
	is_none = err->code == ERR_NOT_FOUND;
	are_several = err->code == ERR_CONFLICT;
	if (!is_none && !are_several) {
		err->code = ERR_UNAVAILABLE;
		return err_in(err, "which model begins with %s", digits);
	}
	err_clear(err);
	return err_at(err, "arms.model", "%s begins with %s",
	    is_none ? "no model" : "more than one model", digits);
}

/* The model as training has it; what the caller cannot put right is no fault of
 * the question. */
static bool
find_model(struct worker *w, const char *tenant,
    const struct experiment_arm *arm, struct model_row *model, struct err *err)
{
	if (training_model(w, tenant, arm->version, model, err))
		return true;
	err->code =
	    err->code == ERR_NOT_FOUND ? ERR_CONFLICT : ERR_UNAVAILABLE;
	return err_in(err, "what the gate said of the model of arm %s",
	    arm->arm);
}

static const char *
add_refusal(struct worker *w, const char *before,
    const struct experiment_arm *arm, const struct model_row *model)
{
	const char *rules = "";

	for (size_t i = 0; i < model->refused_by_count; i++)
		rules = arena_printf(&w->arena, "%s%s%s", rules,
		    i > 0 ? ", " : "", model->refused_by[i]);
	return arena_printf(&w->arena, "%s%sarm %s, model %.12s, by %s",
	    before != NULL ? before : "", before != NULL ? "; " : "", arm->arm,
	    arm->version, rules);
}

bool
experiment_check_gate(struct worker *w, const struct held *held,
    const struct experiment_step *step, const char **despite, struct err *err)
{
	*despite = NULL;
	for (size_t i = 0; i < held->now.arms_count; i++) {
		const struct experiment_arm *arm = &held->now.arms[i];
		struct model_row model;

		if (!find_model(w, held->tenant, arm, &model, err))
			return false;
		if (model.has_outcome && (int)model.outcome == GATE_REFUSED)
			*despite = add_refusal(w, *despite, arm, &model);
	}
	return *despite == NULL ||
	    (step->has_despite_gate && step->despite_gate) ||
	    err_set(err, ERR_CONFLICT,
		"the gate has refused models of its arms; to start it all the "
		"same say despite_gate: true, or --despite-gate to the client "
		"(%s)",
		*despite);
}
