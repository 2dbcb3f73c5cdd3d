// SPDX-License-Identifier: Apache-2.0
package dev.tarn.security;

import dev.tarn.api.security.Audit;
import java.net.SocketAddress;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/** Logins as the audit trail gets them, while there is one. Safe on any thread. */
final class LoginTrail {

    private final AtomicReference<@Nullable Audit> audit = new AtomicReference<>();

    void set(Audit trail) {
        audit.set(trail);
    }

    void unset(Audit trail) {
        audit.compareAndSet(trail, null);
    }

    /** @param detail by what means, or why not; never a secret */
    void login(String name, @Nullable SocketAddress from, boolean allowed, String detail) {
        Audit trail = audit.get();
        if (trail != null) {
            trail.record(new Audit.Event("login", name, "", from, allowed, detail));
        }
    }
}
