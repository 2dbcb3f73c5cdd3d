// SPDX-License-Identifier: Apache-2.0
package dev.tarn.engine;

import dev.tarn.api.data.Failure;
import dev.tarn.api.store.Store;
import java.util.concurrent.ConcurrentMap;

/**
 * What the parts of one engine share.
 *
 * @param recomputing tables whose rows are being computed anew, by qualified name
 */
record Commons(
        Store store,
        Payloads payloads,
        Permissions permissions,
        Settings settings,
        Workers workers,
        Horizon horizon,
        Routing routing,
        ConcurrentMap<String, Recompute> recomputing) {
    /**
     * Where a query needs an attribute that is being computed anew.
     *
     * @throws Failure UNAVAILABLE with how far it is
     */
    void checkComputed(String table, String attribute) {
        Recompute recompute = recomputing.get(table);
        if (recompute != null && recompute.attributes().contains(attribute)) {
            throw new Failure(
                    Failure.Code.UNAVAILABLE,
                    attribute + " is being computed anew and at " + recompute.percent() + " %; try again");
        }
    }
}
