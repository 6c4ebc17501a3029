/*
 * network_layers.h - a forward pass, layer by layer, for one chunk of rows.
 *
 * Each layer reads and fills arrays of the scratch (network_inner.h, where
 * their shapes stand); network_chunk_forward() walks through them in this
 * order.
 */
#ifndef ML_NETWORK_LAYERS_H
#define ML_NETWORK_LAYERS_H

#include "ml/network_inner.h"

/* All steps of one group: its columns of `states` (steps, B, wide); `gates`
 * (steps, B, 4 * hidden) or NULL. */
void network_gru(const struct network *network, struct network_scratch *scratch,
    int group, float *states, float *gates);
/* states -> normed, moments; last. */
void network_norm_states(const struct network *network,
    struct network_scratch *scratch);
/* normed, last -> attention; settled: values, residual and second norm. */
void network_attend(const struct network *network,
    struct network_scratch *scratch);
/* settled -> joined, beside the context, which is there; direct. */
void network_join(const struct network *network,
    struct network_scratch *scratch);
/* joined, direct -> fused, logits. */
void network_fuse(const struct network *network,
    struct network_scratch *scratch);

/* Dropout, with masks by each row's place in the batch: the inputs and the
 * context, where what is left out is as it is on average; */
void network_drop_inputs(const struct network *network,
    struct network_scratch *scratch, const struct network_dropout *dropout);
/* the GRU outputs, gradients->states -> states; */
void network_drop_states(const struct network *network,
    struct network_scratch *scratch, const struct network_dropout *dropout);
/* what the fusion layer reads. */
void network_drop_joined(const struct network *network,
    struct network_scratch *scratch, const struct network_dropout *dropout);

/* The next rows of the batch from `first` on; then up to their logits.
 * `dropout` NULL: none; what a gradient needs is kept if `keeps_gates`. */
void network_chunk_load(const struct network *network,
    struct network_scratch *scratch, const struct network_batch *batch,
    size_t first);
void network_chunk_forward(const struct network *network,
    struct network_scratch *scratch, const struct network_dropout *dropout,
    bool keeps_gates);

#endif
