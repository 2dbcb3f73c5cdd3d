// SPDX-License-Identifier: Apache-2.0
package dev.tarn.mqtt;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/** Who is connected under which client identifier: one connection at a time [MQTT-3.1.4-3]. Safe on any thread. */
final class Sessions {

    private final ConcurrentMap<String, Claim> claims = new ConcurrentHashMap<>();
    private final AtomicLong assigned = new AtomicLong();
    private final String run = Long.toString(System.currentTimeMillis(), 36);

    /** A connection's hold on its client identifier. */
    static final class Claim {
        private final String clientId;
        private final MqttConnection connection;
        private final CompletableFuture<Void> released = new CompletableFuture<>();

        private Claim(String clientId, MqttConnection connection) {
            this.clientId = clientId;
            this.connection = connection;
        }
    }

    /** An identifier for a client that gave none; unique on this node [MQTT-3.1.3-6]. */
    String newClientId() {
        return "auto-" + run + "-" + Long.toString(assigned.incrementAndGet(), 36);
    }

    /**
     * Gives the identifier to this connection, from the moment on when the one that had it is gone: that one is told, and
     * closed.
     */
    Claimed claim(String clientId, MqttConnection connection) {
        Claim claim = new Claim(clientId, connection);
        Claim previous = claims.put(clientId, claim);
        if (previous == null) {
            return new Claimed(claim, CompletableFuture.completedFuture(null));
        }
        previous.connection.takeOver();
        return new Claimed(claim, previous.released);
    }

    /**
     * A claim, and when it takes effect.
     *
     * @param ready completes on any thread
     */
    record Claimed(Claim claim, CompletionStage<@Nullable Void> ready) {}

    /** Ends a hold; the next in line may go on. */
    void release(Claim claim) {
        claims.remove(claim.clientId, claim);
        claim.released.complete(null);
    }

    /** How many identifiers are connected. */
    int connected() {
        return claims.size();
    }
}
