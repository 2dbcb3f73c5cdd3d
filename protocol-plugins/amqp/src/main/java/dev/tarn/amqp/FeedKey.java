// SPDX-License-Identifier: Apache-2.0
package dev.tarn.amqp;

/**
 * The name of a {@link Feed}. A user's subscriptions are his own, whatever container others say they are.
 *
 * @param user empty where all users share it
 * @param container empty where all containers share it
 * @param name of the subscription; of a queue, its path
 */
record FeedKey(Kind kind, String user, String container, String name) {

    /** What kinds there are. */
    enum Kind {
        /** One client's, by container id and link name. */
        DURABLE,
        /** Several clients', each change for one of them. */
        SHARED,
        /** Everybody's, each change for one of them; there from its declaration on. */
        QUEUE,
        /** A queue that ends with the connection that has asked for it. */
        TEMPORARY
    }

    static FeedKey queue(String path) {
        return new FeedKey(Kind.QUEUE, "", "", path);
    }

    static FeedKey temporary(String path) {
        return new FeedKey(Kind.TEMPORARY, "", "", path);
    }

    /** Whether one client at a time has it. */
    boolean exclusive() {
        return kind == Kind.DURABLE;
    }

    boolean queue() {
        return kind == Kind.QUEUE || kind == Kind.TEMPORARY;
    }

    /** Whether it outlasts the server. */
    boolean stored() {
        return kind != Kind.TEMPORARY;
    }

    @Override
    public String toString() {
        return kind.name().toLowerCase(java.util.Locale.ROOT) + "/" + user + "/" + container + "/" + name;
    }
}
