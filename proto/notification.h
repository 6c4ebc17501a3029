/* notification.h - rules, recipients, inboxes (notification.def), as C. */
#ifndef PROTO_NOTIFICATION_H
#define PROTO_NOTIFICATION_H

#include "proto/drift.h"
#include "proto/ingestion.h"
#include "proto/prediction.h"
#include "proto/training.h"

#define PROTO_DEF "proto/notification.def"
#include "proto/as_structs.h"

#define PROTO_NAME notification
#define PROTO_DEF "proto/notification.def"
#include "proto/as_settings.h"

#define PROTO_NAME notification
#define PROTO_DEF "proto/notification.def"
#include "proto/as_metrics.h"

#endif
