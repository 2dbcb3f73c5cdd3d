// SPDX-License-Identifier: Apache-2.0
package dev.tarn.mqtt;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Who is connected under which client identifier, one connection at a time [MQTT-3.1.4-3], and who waits for that. Safe on
 * any thread.
 */
final class Claims {

    private final ConcurrentMap<String, Claim> claims = new ConcurrentHashMap<>();
    private final Statistics statistics;

    Claims(Statistics statistics) {
        this.statistics = statistics;
    }

    /** A connection's hold on its client identifier. */
    static final class Claim {
        private final String clientId;
        private final MqttConnection connection;
        private final CompletableFuture<@Nullable Void> ready;
        private final CompletableFuture<@Nullable Void> released = new CompletableFuture<>();

        private Claim(String clientId, MqttConnection connection, CompletableFuture<@Nullable Void> ready) {
            this.clientId = clientId;
            this.connection = connection;
            this.ready = ready;
        }

        /** Completes, on any thread, when the one before is gone. */
        CompletionStage<@Nullable Void> ready() {
            return ready;
        }

        boolean isReady() {
            return ready.isDone();
        }
    }

    /**
     * Gives the identifier to this connection, from the moment on when the one that had it is gone: that one is told, and
     * closed.
     * [MQTT-3.1.3-2], [MQTT-3.1.4-3]; 3.1.1 [MQTT-3.1.4-2]
     */
    Claim claim(String clientId, MqttConnection connection) {
        Claim[] made = new Claim[1];
        claims.compute(clientId, (same, previous) -> {
            CompletableFuture<@Nullable Void> ready =
                    previous == null ? CompletableFuture.<@Nullable Void>completedFuture(null) : previous.released;
            made[0] = new Claim(clientId, connection, ready);
            if (previous != null) {
                previous.connection.takeOver();
            }
            return made[0];
        });
        statistics.mostClients.accumulate(claims.size());
        return made[0];
    }

    /** Ends a hold; the next in line may go on. */
    void release(Claim claim) {
        claims.remove(claim.clientId, claim);
        claim.ready.whenComplete((ready, never) -> claim.released.complete(null));
    }

    /**
     * Does something while nobody can connect under an identifier, or else asks the connection that has it.
     *
     * @param connected gets that connection, or null
     */
    void hold(String clientId, Consumer<@Nullable MqttConnection> connected) {
        claims.compute(clientId, (same, claim) -> {
            connected.accept(claim == null ? null : claim.connection);
            return claim;
        });
    }

    boolean has(String clientId) {
        return claims.containsKey(clientId);
    }

    int size() {
        return claims.size();
    }

    /** The ends of all holds that there are. */
    List<CompletableFuture<?>> ends() {
        List<CompletableFuture<?>> ends = new ArrayList<>();
        claims.values().forEach(claim -> ends.add(claim.released));
        return ends;
    }
}
