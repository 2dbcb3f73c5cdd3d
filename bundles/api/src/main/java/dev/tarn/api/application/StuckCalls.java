// SPDX-License-Identifier: Apache-2.0
package dev.tarn.api.application;

import java.time.Duration;
import java.util.List;

/**
 * Calls of applications that go on although they were given up: their callers were told UNAVAILABLE and their threads were
 * interrupted, which is all that Java has for it. Each keeps a thread, and a core if it loops, until it returns or the process
 * ends. A service of the engine. Safe on any thread.
 */
public interface StuckCalls {

    /**
     * One of them.
     *
     * @param application its name
     * @param what the action and path, as in {@code PUT Sensors/101}, or what the connection is that it serves
     * @param running since it began
     * @param at the application's own line, as in {@code Sensors.java:12}, where its thread was seen; empty when it is in none
     */
    record StuckCall(String application, String what, Duration running, String at) {}

    /** Those that go on now, the one that has run longest first. */
    List<StuckCall> stuck();
}
