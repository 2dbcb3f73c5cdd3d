// SPDX-License-Identifier: Apache-2.0
package dev.tarn.api.security;

import java.util.List;
import java.util.Map;
import org.osgi.annotation.versioning.ProviderType;

/** Roles that applications bring along. Safe on any thread; blocks until what was done is durable and in force. */
@ProviderType
public interface Roles {
    /**
     * Makes these the roles of an application, in the place of those that it had; none takes them away.
     *
     * @param roles as objects of {@code system.roles}: name, administrator, tables, publish, subscribe, operations
     * @throws dev.tarn.api.data.Failure INVALID with a violation for each role that is none, CONFLICT for a name that an
     *     administrator or another application has given already; then nothing has changed
     */
    void deploy(String application, List<Map<String, Object>> roles);
}
