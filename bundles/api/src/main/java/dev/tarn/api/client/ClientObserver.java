// SPDX-License-Identifier: Apache-2.0
package dev.tarn.api.client;

import org.osgi.annotation.versioning.ConsumerType;

/**
 * Is told what clients do: register it as a service. Its property {@value #EVENTS} names what it wants to hear of
 * ({@link ClientEvent.Type#text}); without it, it hears everything but {@code published}. What nobody wants to hear of
 * costs nothing.
 */
@ConsumerType
public interface ClientObserver {

    /** Service property: one name, an array or a collection of names. */
    String EVENTS = "events";

    /**
     * On a thread of the protocol that serves observers and nothing else, one event at a time, those of one connection in
     * their order. Events that come faster than observers take them are dropped and logged as a number.
     */
    void observe(ClientEvent event);
}
