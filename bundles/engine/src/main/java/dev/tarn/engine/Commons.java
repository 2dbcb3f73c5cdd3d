// SPDX-License-Identifier: Apache-2.0
package dev.tarn.engine;

import dev.tarn.api.store.Store;

/** What the parts of one engine share. */
record Commons(
        Store store,
        Payloads payloads,
        Permissions permissions,
        Settings settings,
        Workers workers,
        Horizon horizon,
        Routing routing) {}
