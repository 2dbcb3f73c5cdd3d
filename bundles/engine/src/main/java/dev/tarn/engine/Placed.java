// SPDX-License-Identifier: Apache-2.0
package dev.tarn.engine;

import dev.tarn.api.data.Filter;

/** Something that has a place in the topic tree. Safe on any thread. */
interface Placed {

    /** Unique among those of its kind that live; never changes. */
    int number();

    /** The filter as its client spelled it; never changes. */
    Filter filter();

    /** The filter as the tree has it. */
    Filter canonical();

    /** The filter has another place since other tables were deployed. */
    void canonical(Filter changed);
}
