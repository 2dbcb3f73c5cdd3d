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
record Limits(long cpuNanos, long answerNanos, long allocated, long statements, int isolates) {}
