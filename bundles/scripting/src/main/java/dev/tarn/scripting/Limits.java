// SPDX-License-Identifier: Apache-2.0
package dev.tarn.scripting;

/**
 * What one application may use.
 *
 * @param cpuNanos processor time of one turn, that is until it waits or is done
 * @param answerNanos from a request until it is answered, waiting included
 * @param allocated bytes that one turn may allocate
 * @param statements that one turn may execute; 0 for any number
 * @param isolates that run at once
 */
record Limits(long cpuNanos, long answerNanos, long allocated, long statements, int isolates) {

    private static final long LOADING_NANOS = 20_000_000_000L;
    private static final long LOADING_BYTES = 2L << 30;

    /** While modules are run for the first time, which takes the longer the colder the process is. */
    Limits loading() {
        return new Limits(
                Math.max(cpuNanos, LOADING_NANOS),
                answerNanos,
                Math.max(allocated, LOADING_BYTES),
                statements,
                isolates);
    }
}
