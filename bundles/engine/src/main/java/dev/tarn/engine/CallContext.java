// SPDX-License-Identifier: Apache-2.0
package dev.tarn.engine;

import dev.tarn.api.resource.Context;
import dev.tarn.api.security.User;
import java.net.SocketAddress;
import org.jspecify.annotations.Nullable;

/** A connection's context, with the gate that keeps its order. Safe on any thread. */
final class CallContext implements Context {

    private final User user;
    private final String protocol;
    private final String origin;
    private final @Nullable SocketAddress remote;
    private final Gate gate = new Gate();

    CallContext(User user, String protocol, String origin, @Nullable SocketAddress remote) {
        this.user = user;
        this.protocol = protocol;
        this.origin = origin;
        this.remote = remote;
    }

    /** The engine's own context: every context is made by it. */
    static CallContext of(Context context) {
        if (context instanceof CallContext own) {
            return own;
        }
        throw new IllegalArgumentException("a context that Resources.context did not make: " + context);
    }

    @Override
    public User user() {
        return user;
    }

    @Override
    public String protocol() {
        return protocol;
    }

    @Override
    public String origin() {
        return origin;
    }

    @Override
    public @Nullable SocketAddress remote() {
        return remote;
    }

    Gate gate() {
        return gate;
    }

    @Override
    public String toString() {
        return protocol + " " + origin;
    }
}
