// SPDX-License-Identifier: Apache-2.0
package dev.tarn.api.application;

import dev.tarn.api.data.Attributes;
import dev.tarn.api.data.Body;
import dev.tarn.api.data.Path;
import org.osgi.annotation.versioning.ProviderType;

/**
 * Everything that one call reads and writes: with the rights of the caller, or with those of the application, which are an
 * administrator's, as who gives it out says. With the caller's rights rows and attributes that he may not see are not there, and what he may
 * not do fails with FORBIDDEN.
 */
@ProviderType
public interface Transaction {

    /**
     * A table, plain: without the logic that another resource may put over it.
     *
     * @param name the name under which it is exported, its own name, or {@code database.name}
     * @throws dev.tarn.api.data.Failure NOT_FOUND when there is none
     */
    Rows table(String name);

    /** Says something at any path, once the transaction is committed; not at all when it is not. */
    void publish(Path path, Body body, Attributes attributes);
}
