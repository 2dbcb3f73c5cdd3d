// SPDX-License-Identifier: Apache-2.0
package dev.tarn.api.resource;

/** What a change means for the rows that a live query finds. */
public enum Crossing {
    /** The row is among them as before; or there is no query. */
    NONE,
    /** The row has begun to be among them. */
    ENTER,
    /** The row is no longer among them, though it still exists. The delivery's change is what made it so. */
    LEAVE
}
