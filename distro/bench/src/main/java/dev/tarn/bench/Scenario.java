// SPDX-License-Identifier: Apache-2.0
package dev.tarn.bench;

import java.io.IOException;

/** One kind of load: keeps a fixed number of operations under way. On the loop's thread. */
interface Scenario {
    /** Connects everybody, subscribes, writes what must be there; returns when all of it is answered. */
    void prepare(Loop loop, Options options) throws IOException;

    /** Fills the window; from then on each completed operation starts the next. */
    void start();

    /** Called at every turn of the loop, at least once a millisecond where a load is paced by time. */
    default void turn(long now) {}

    /** Operations completed and how long each took. */
    Latencies latencies();
}
