// SPDX-License-Identifier: Apache-2.0
package dev.tarn.api.application;

/** What can be asked of a resource. */
public enum Action {
    /** One row, or whatever is at a path. */
    GET(false),
    /** The rows of a resource that a query finds. */
    FIND(false),
    /** Creates or replaces a row. */
    PUT(true),
    /** Changes a row in part. */
    PATCH(true),
    /** Removes a row. */
    DELETE(true),
    /** Creates a row whose id may be made up; or does whatever the resource does when it is asked to at a path. */
    POST(true),
    /** Says something at a path without changing a row. */
    PUBLISH(true),
    /** Begins a subscription: may refuse it. */
    SUBSCRIBE(false),
    /** Takes a connection over that stays: a WebSocket or a stream of events. */
    CONNECT(false);

    private final boolean writes;

    Action(boolean writes) {
        this.writes = writes;
    }

    /** Whether it may change something, so that what one connection asks for is done in its order. */
    public boolean writes() {
        return writes;
    }
}
