// SPDX-License-Identifier: Apache-2.0
package dev.tarn.api.data;

/**
 * The state of a path.
 *
 * @param version grows with every change of the row; see {@link Change#version()}
 * @param attributes those of the change that made this version
 */
public record Row(Path path, Body body, long version, Attributes attributes) {

    /** Whether the row's time is over at the given moment (milliseconds since 1970). */
    public boolean expired(long now) {
        return attributes.expiresAt() != 0 && attributes.expiresAt() <= now;
    }
}
